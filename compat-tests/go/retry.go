package main

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

const (
	// What the third of the default levels waits, at which a message comes back first.
	firstRetryMs = 10_000
	levelOneMs   = 1_000
)

func init() {
	register("retry-level-3", func(s *scope) string {
		startTries(s, 16, 1, 0).awaitAndCheck(2, firstRetryMs)
		return "back once, after 10 s"
	})
	register("retry-level-1", func(s *scope) string {
		startTries(s, 16, 3, 1).awaitAndCheck(4, levelOneMs)
		return "back three times, a second apart"
	})
	register("retry-dead-letter", retryDeadLetter)
	register("retry-never", func(s *scope) string {
		t := startTries(s, 16, math.MaxInt32, -1)
		t.awaitAndCheck(1, 0)
		checkEquals(1, t.deadLetter().ReconsumeTimes, "reconsumeTimes of the dead letter")
		return "level -1: a dead letter at once"
	})
}

// tries is one message that is handled when it has been tried failures times in vain; every try is kept.
type tries struct {
	s          *scope
	sent       *primitive.SendResult
	failures   int
	delayLevel int
	lock       sync.Mutex
	seen       []*primitive.MessageExt
}

func startTries(s *scope, maxReconsumeTimes int32, failures, delayLevel int) *tries {
	message := primitive.NewMessage(s.topic(), []byte("body")).WithTag("tag").WithKeys([]string{"the-key"})
	message.WithProperty("mine", "value")
	t := &tries{s: s, sent: sendMessage(s.producer(), message), failures: failures, delayLevel: delayLevel}
	s.pushConsumer(everything, t, consumer.WithMaxReconsumeTimes(maxReconsumeTimes))
	return t
}

func (t *tries) consume(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.seen = append(t.seen, messages...)
	if concurrently, found := primitive.GetConcurrentlyCtx(ctx); found {
		concurrently.DelayLevelWhenNextConsume = t.delayLevel
	}
	if len(t.seen) > t.failures {
		return consumer.ConsumeSuccess, nil
	}
	return consumer.ConsumeRetryLater, nil
}

func (t *tries) all() []*primitive.MessageExt {
	t.lock.Lock()
	defer t.lock.Unlock()
	return append([]*primitive.MessageExt{}, t.seen...)
}

// awaitAndCheck: each came at least delayMs after the one before, under the topic it was sent to, and says how often it was tried.
func (t *tries) awaitAndCheck(count int, delayMs int64) {
	await(func() bool { return len(t.all()) >= count }, func() string { return fmt.Sprintf("%d of %d tries", len(t.all()), count) })
	for i, message := range t.all()[:count] {
		which := fmt.Sprintf("try %d", i)
		checkEquals(i, message.ReconsumeTimes, "reconsumeTimes of "+which)
		checkEquals(t.s.topic(), message.Topic, "topic of "+which)
		t.checkSame(message, which)
		if i > 0 {
			waited := message.StoreTimestamp - t.all()[i-1].StoreTimestamp
			check(waited >= delayMs, "%s came after %d ms", which, waited)
			checkEquals(t.sent.OffsetMsgID, message.GetProperty("ORIGIN_MESSAGE_ID"), "ORIGIN_MESSAGE_ID of "+which)
		}
	}
}

func (t *tries) checkSame(message *primitive.MessageExt, which string) {
	checkEquals("body", string(message.Body), "body of "+which)
	checkEquals("tag", message.GetTags(), "tags of "+which)
	checkEquals("the-key", message.GetKeys(), "keys of "+which)
	checkEquals("value", message.GetProperty("mine"), "property of "+which)
	checkEquals(t.sent.MsgID, message.GetProperty("UNIQ_KEY"), "id of "+which)
}

// deadLetter is the group's one dead letter.
func (t *tries) deadLetter() *primitive.MessageExt {
	topic := "%DLQ%" + t.s.group()
	var queues []*primitive.MessageQueue
	await(func() bool {
		found, err := t.s.admin().FetchPublishMessageQueues(context.Background(), topic)
		queues = found
		return err == nil && len(queues) == 1
	}, func() string { return topic + " has no queue" })
	reader := t.s.deadLetterReader(topic)
	var dead []*primitive.MessageExt
	await(func() bool {
		page, err := reader.PullFrom(context.Background(), queues[0], 0, 32)
		checkNoError(err, "pull")
		dead = page.GetMessageExts()
		return page.Status == primitive.PullFound
	}, func() string { return topic + " is empty" })
	checkEquals(1, len(dead), "dead letters")
	checkEquals(topic, dead[0].Topic, "topic of the dead letter")
	checkEquals(t.s.topic(), dead[0].GetProperty("RETRY_TOPIC"), "RETRY_TOPIC of the dead letter")
	t.checkSame(dead[0], "the dead letter")
	return dead[0]
}

func (s *scope) deadLetterReader(topic string) rocketmq.PullConsumer {
	created, err := rocketmq.NewPullConsumer(
		consumer.WithNameServer(s.nameServer()),
		consumer.WithGroupName(s.group()+"_dead"),
		consumer.WithInstance(instanceName()),
	)
	checkNoError(err, "new pull consumer")
	checkNoError(created.Subscribe(topic, everything), "subscribe")
	checkNoError(created.Start(), "start of the pull consumer")
	s.closers = append(s.closers, created.Shutdown)
	return created
}

func retryDeadLetter(s *scope) string {
	t := startTries(s, 2, math.MaxInt32, 1)
	t.awaitAndCheck(3, levelOneMs)
	dead := t.deadLetter()
	checkEquals(3, dead.ReconsumeTimes, "reconsumeTimes of the dead letter")
	checkEquals(t.sent.OffsetMsgID, dead.GetProperty("ORIGIN_MESSAGE_ID"), "ORIGIN_MESSAGE_ID of the dead letter")
	checkEquals("0", dead.GetProperty("DELAY"), "DELAY of the dead letter")
	checkEquals(3, len(t.all()), "tries")
	return "tried three times, then a dead letter"
}
