package main

import (
	"context"
	"fmt"
	"hash/crc32"
	"math/rand"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	queueCount = 4
	// Sooner than the 20 s after which a client looks by itself: the broker must have told it (code 40).
	rebalanceLimit = 12 * time.Second
)

func init() {
	register("push-clustering", pushClustering)
	register("push-broadcasting", pushBroadcasting)
	register("push-tags", pushTags)
	register("push-orderly", pushOrderly)
	register("push-wakes-at-once", pushWakesAtOnce)
	register("push-20000", pushTwentyThousand)
}

// awaitShares sends rounds of one message a queue until a round arrives at the collectors in the numbers wanted: the client does not
// tell which queues a consumer has.
func (s *scope) awaitShares(shares []int, collectors []*collector) time.Duration {
	queues := s.queues()
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	round := 0
	return await(func() bool {
		round++
		probes := []string{}
		for _, queue := range queues {
			body := fmt.Sprintf("probe-%s-%d-%d", instanceName(), round, queue.QueueId)
			s.sendTo(queue, p, body, "probe")
			probes = append(probes, body)
		}
		await(func() bool { return arrived(probes, collectors) }, func() string { return "a probe was not received" })
		for i, share := range shares {
			if len(probes)-len(collectors[i].missing(probes)) != share {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("the queues are not shared as %v", shares) })
}

func arrived(bodies []string, collectors []*collector) bool {
	for _, body := range bodies {
		total := 0
		for _, c := range collectors {
			total += c.count(body)
		}
		if total == 0 {
			return false
		}
	}
	return true
}

func pushClustering(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	one, two := newCollector(), newCollector()
	collectors := []*collector{one, two}
	s.pushConsumer(everything, one)
	second := s.pushConsumer(everything, two)
	s.awaitShares([]int{queueCount / 2, queueCount / 2}, collectors)

	shared := s.send(p, "shared", 400)
	await(func() bool { return arrived(shared, collectors) }, func() string { return "not all of 400 received" })
	// Not just half: a producer that learns a topic's own route in the middle of its run begins its round of queues anew.
	ofTwo := 400 - len(two.missing(shared))
	check(ofTwo > 100 && ofTwo < 300, "the second consumer got %d of 400", ofTwo)
	s.awaitCommitted(401)
	left := time.Now()
	checkNoError(second.Shutdown(), "shutdown")
	s.awaitShares([]int{queueCount}, []*collector{one})
	took := time.Since(left)
	check(took < rebalanceLimit, "the queues of a consumer that left came back after %v", took)
	alone := s.send(p, "alone", 200)
	one.awaitAll(alone)
	for _, body := range append(shared, alone...) {
		checkEquals(1, one.count(body)+two.count(body), "times that "+body+" was received")
	}
	return fmt.Sprintf("600 messages, each once; the queues came back in %d ms when a consumer left", took.Milliseconds())
}

func pushBroadcasting(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	one, two := newCollector(), newCollector()
	for _, c := range []*collector{one, two} {
		s.pushConsumer(everything, c, consumer.WithConsumerModel(consumer.BroadCasting))
		s.awaitShares([]int{queueCount}, []*collector{c})
	}
	bodies := s.send(p, "all", 100)
	for _, c := range []*collector{one, two} {
		c.awaitAll(bodies)
		for _, body := range bodies {
			checkEquals(1, c.count(body), "times that "+body+" was received")
		}
	}
	return "both consumers got all 100"
}

// AaAa and BBBB have the same hash, so the broker lets both pass and the client sorts them out.
func pushTags(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	tagged := newCollector()
	s.pushConsumer(consumer.MessageSelector{Type: consumer.TAG, Expression: "red || AaAa || end"}, tagged)
	wanted := []string{}
	for i := 0; i < 50; i++ {
		for _, tag := range []string{"red", "green", "AaAa", "BBBB"} {
			body := fmt.Sprintf("%s-%d", tag, i)
			sendMessage(p, primitive.NewMessage(s.topic(), []byte(body)).WithTag(tag))
			if tag == "red" || tag == "AaAa" {
				wanted = append(wanted, body)
			}
		}
	}
	for i := 0; i < queueCount; i++ {
		body := fmt.Sprintf("end-%d", i)
		sendMessage(p, primitive.NewMessage(s.topic(), []byte(body)).WithTag("end"))
		wanted = append(wanted, body)
	}
	tagged.awaitAll(wanted)
	tagged.checkExactly(wanted)
	return "100 of 200 messages passed, tags with equal hashes apart"
}

// pushOrderly has one consumer: this client never gives back the lock of a queue that it loses, so a second one would wait a minute
// for the lock to run out.
func pushOrderly(s *scope) string {
	p := s.producer(producer.WithQueueSelector(producer.NewHashQueueSelector()))
	s.send(p, "first", 1)
	c := newCollector()
	s.pushConsumer(everything, c, consumer.WithConsumerOrder(true))
	c.awaitAll([]string{"first-0"})
	for step := 0; step < 30; step++ {
		for order := 0; order < 12; order++ {
			message := primitive.NewMessage(s.topic(), []byte(fmt.Sprintf("order%d/%d", order, step)))
			sendMessage(p, message.WithShardingKey(fmt.Sprintf("order%d", order)))
		}
	}
	await(func() bool { return c.size() >= 361 }, func() string { return fmt.Sprintf("%d of 361 received", c.size()) })
	steps, expected := map[string][]string{}, []string{}
	for _, body := range c.inOrder()[1:] {
		parts := strings.Split(body, "/")
		steps[parts[0]] = append(steps[parts[0]], parts[1])
	}
	for step := 0; step < 30; step++ {
		expected = append(expected, fmt.Sprint(step))
	}
	for order := 0; order < 12; order++ {
		checkEquals(expected, steps[fmt.Sprintf("order%d", order)], fmt.Sprintf("steps of order %d", order))
	}
	return "12 orders of 30 steps in order"
}

// unwoken: without a wake-up half of the messages would take longer, since the broker looks at waiting pulls every 5 s.
const (
	unwoken = 2500 * time.Millisecond
	lateOf  = 4
)

func pushWakesAtOnce(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	c := newCollector()
	s.pushConsumer(everything, c)
	s.awaitShares([]int{queueCount}, []*collector{c})
	took := []time.Duration{}
	for i := 0; i < 40; i++ {
		body := fmt.Sprintf("wake-%d", i)
		sendMessage(p, primitive.NewMessage(s.topic(), []byte(body)))
		took = append(took, await(func() bool { return c.count(body) > 0 }, func() string { return body + " not received" }))
	}
	slowest := checkWoken(took)
	return fmt.Sprintf("40 messages to an idle consumer, the slowest %v after it was sent", slowest.Round(time.Millisecond))
}

// checkWoken fails when a consumer that waited was not woken by the messages that took so long; it returns the longest. A machine that
// stands still makes one late.
func checkWoken(took []time.Duration) (slowest time.Duration) {
	late := 0
	for _, one := range took {
		if one >= unwoken {
			late++
		}
		if one > slowest {
			slowest = one
		}
	}
	check(late <= len(took)/lateOf, "an idle consumer got %d of %d messages late: %v", late, len(took), took)
	return slowest
}

// checksums is a count and an order-free checksum of the bodies tagged "sum".
type checksums struct {
	count, sum int64
}

func (c *checksums) add(body []byte) {
	atomic.AddInt64(&c.sum, int64(crc32.ChecksumIEEE(body)))
	atomic.AddInt64(&c.count, 1)
}

func (c *checksums) consume(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	for _, message := range messages {
		if message.GetTags() == "sum" {
			c.add(message.Body)
		}
	}
	return consumer.ConsumeSuccess, nil
}

// sendUnlessBusy sends until the broker takes it: on a loaded machine one may refuse a message as busy (code 2), which then is not stored;
// Apache's does after 200 ms in its queue.
func sendUnlessBusy(p rocketmq.Producer, message *primitive.Message) error {
	for {
		_, err := p.SendSync(context.Background(), message)
		if err == nil || !strings.HasPrefix(err.Error(), "CODE: 2,") {
			return err
		}
	}
}

func pushTwentyThousand(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	received, sent := &checksums{}, &checksums{}
	s.pushConsumer(everything, received)
	const senders, each = 8, 2500
	failures := make(chan error, senders)
	for sender := 0; sender < senders; sender++ {
		go func(random *rand.Rand) {
			for i := 0; i < each; i++ {
				body := make([]byte, 1+random.Intn(1024))
				random.Read(body)
				err := sendUnlessBusy(p, primitive.NewMessage(s.topic(), body).WithTag("sum"))
				if err != nil {
					failures <- err
					return
				}
				sent.add(body)
			}
			failures <- nil
		}(rand.New(rand.NewSource(int64(sender))))
	}
	for sender := 0; sender < senders; sender++ {
		checkNoError(<-failures, "send")
	}
	await(func() bool { return atomic.LoadInt64(&received.count) >= senders*each },
		func() string { return fmt.Sprintf("%d of 20,000 received", atomic.LoadInt64(&received.count)) })
	checkEquals(senders*each, received.count, "messages received")
	checkEquals(sent.sum, received.sum, "sum of the bodies' CRC-32")
	return fmt.Sprintf("20,000 messages, checksum %x", sent.sum)
}
