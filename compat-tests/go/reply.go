package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const replyTimeToLive = 30 * time.Second

func init() {
	register("reply-sync", replySync)
	register("reply-async", replyAsync)
	register("reply-timeout", replyTimeout)
}

// replier answers every request with its body behind "re:".
type replier struct {
	producer rocketmq.Producer
}

func (r *replier) consume(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	for _, message := range messages {
		if message.GetProperty(primitive.PropertyMessageReplyToClient) == "" {
			continue
		}
		reply, err := consumer.CreateReplyMessage(message, nil)
		if err != nil {
			return consumer.ConsumeRetryLater, err
		}
		reply.Body = append([]byte("re:"), message.Body...) // the client's function leaves it out
		if _, err = r.producer.SendSync(ctx, reply); err != nil {
			return consumer.ConsumeRetryLater, err
		}
	}
	return consumer.ConsumeSuccess, nil
}

// startReplier gives a producer for requests. A reply finds a client by its heartbeat, which a producer of its own would send 1 s after
// its start or 30 s later. Here producer and consumer are one client, and the consumer's start sends it.
func startReplier(s *scope) rocketmq.Producer {
	s.createTopic(s.topic(), queueCount)
	replies := s.producer()
	name := instanceName()
	asker := s.producer(producer.WithInstanceName(name))
	s.pushConsumer(everything, &replier{producer: replies}, consumer.WithInstance(name))
	return asker
}

func replySync(s *scope) string {
	p := startReplier(s)
	for i := 0; i < 50; i++ {
		body := fmt.Sprintf("q-%d", i)
		reply, err := p.Request(context.Background(), replyTimeToLive, primitive.NewMessage(s.topic(), []byte(body)))
		checkNoError(err, "request")
		checkEquals("re:"+body, string(reply.Body), "reply")
	}
	return "50 requests answered"
}

func replyAsync(s *scope) string {
	p := startReplier(s)
	var lock sync.Mutex
	answers := map[string]string{}
	for i := 0; i < 50; i++ {
		body := fmt.Sprintf("q-%d", i)
		callback := func(_ context.Context, message *primitive.Message, err error) {
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				answers[body] = err.Error()
			} else {
				answers[body] = string(message.Body)
			}
		}
		err := p.RequestAsync(context.Background(), replyTimeToLive, callback, primitive.NewMessage(s.topic(), []byte(body)))
		checkNoError(err, "request")
	}
	count := func() int {
		lock.Lock()
		defer lock.Unlock()
		return len(answers)
	}
	await(func() bool { return count() == 50 }, func() string { return fmt.Sprintf("%d of 50 answered", count()) })
	for body, answer := range answers {
		checkEquals("re:"+body, answer, "reply")
	}
	return "50 requests in flight together, each with its own reply"
}

func replyTimeout(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	_, err := p.Request(context.Background(), 2*time.Second, primitive.NewMessage(s.topic(), []byte("nobody listens")))
	check(err != nil && strings.Contains(err.Error(), "timeout"), "a request that nobody answers ended with %v", err)
	return "nobody replies: the request ends when its time is up"
}
