package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	orderRounds = 20
	orderPause  = 5 * time.Millisecond
)

func init() {
	register("order-rebalance", orderRebalance)
	register("order-broker-restart", orderBrokerRestart)
	register("order-suspend", orderSuspend)
}

// orderLog is what consumers of a group were given of numbered queues: in each queue every number is delivered after the one before it.
// A number may come again with all that follow it, as it does where a consumer has gone before it said how far it was.
type orderLog struct {
	lock        sync.Mutex
	positions   map[int]int
	deliveries  int
	redelivered int
	violation   string
}

func newOrderLog() *orderLog {
	return &orderLog{positions: map[int]int{}}
}

func (l *orderLog) consume(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, message := range messages {
		number, err := strconv.Atoi(string(message.Body))
		if err != nil {
			l.violation = err.Error()
			continue
		}
		last, known := l.positions[message.Queue.QueueId]
		if !known {
			last = -1
		}
		if number > last+1 && l.violation == "" {
			l.violation = fmt.Sprintf("queue %d gave %d after %d", message.Queue.QueueId, number, last)
		}
		if number <= last {
			l.redelivered++
		}
		l.deliveries++
		l.positions[message.Queue.QueueId] = number
	}
	return consumer.ConsumeSuccess, nil
}

func (l *orderLog) delivered() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.deliveries
}

func (l *orderLog) awaitProgress() {
	before := l.delivered()
	await(func() bool { return l.delivered() >= before+orderRounds*queueCount },
		func() string { return fmt.Sprintf("%d delivered", l.delivered()-before) })
}

// numberedSender sends 0, 1, 2, … to every queue until it is stopped; a number whose sending failed is sent again.
type numberedSender struct {
	stop   chan struct{}
	done   chan struct{}
	last   map[int]int
	lock   sync.Mutex
	rounds int
}

func startNumberedSender(s *scope, p rocketmq.Producer) *numberedSender {
	sender := &numberedSender{stop: make(chan struct{}), done: make(chan struct{}), last: map[int]int{}}
	queues := s.queues()
	go func() {
		defer close(sender.done)
		for number := 0; ; number++ {
			for _, queue := range queues {
				if !sender.send(s, p, queue, number) {
					return
				}
			}
			sender.lock.Lock()
			sender.rounds++
			sender.lock.Unlock()
		}
	}()
	return sender
}

func (n *numberedSender) send(s *scope, p rocketmq.Producer, queue *primitive.MessageQueue, number int) bool {
	for {
		select {
		case <-n.stop:
			return false
		case <-time.After(orderPause):
		}
		message := primitive.NewMessage(s.topic(), []byte(strconv.Itoa(number)))
		message.Queue = queue
		if result, err := p.SendSync(context.Background(), message); err == nil && result.Status == primitive.SendOK {
			n.last[queue.QueueId] = number
			return true
		}
	}
}

func (n *numberedSender) awaitRounds(more int) {
	rounds := func() int {
		n.lock.Lock()
		defer n.lock.Unlock()
		return n.rounds
	}
	wanted := rounds() + more
	await(func() bool { return rounds() >= wanted }, func() string { return fmt.Sprintf("%d of %d rounds sent", rounds(), wanted) })
}

// finishOrder stops the sender and waits until the last number of each queue has been delivered.
func finishOrder(l *orderLog, n *numberedSender) string {
	close(n.stop)
	<-n.done
	await(func() bool {
		l.lock.Lock()
		defer l.lock.Unlock()
		for queue, number := range n.last {
			if l.positions[queue] != number {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("delivered %v, sent %v", l.positions, n.last) })
	check(l.violation == "", "%s", l.violation)
	return fmt.Sprintf("%d in order, %d of them again", l.deliveries, l.redelivered)
}

func startOrder(s *scope) (*numberedSender, *orderLog) {
	s.createTopic(s.topic(), queueCount)
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	return startNumberedSender(s, p), newOrderLog()
}

func orderRebalance(s *scope) string {
	sender, log := startOrder(s)
	s.pushConsumer(everything, log, consumer.WithConsumerOrder(true))
	log.awaitProgress()
	second := s.pushConsumer(everything, log, consumer.WithConsumerOrder(true))
	log.awaitProgress()
	log.awaitProgress()
	checkNoError(second.Shutdown(), "shutdown")
	log.awaitProgress()
	return finishOrder(log, sender) + ", while a second consumer joined and left"
}

func orderBrokerRestart(s *scope) string {
	sender, log := startOrder(s)
	s.pushConsumer(everything, log, consumer.WithConsumerOrder(true))
	log.awaitProgress()
	s.protocol.ask("restart SIGKILL")
	sender.awaitRounds(orderRounds)
	log.awaitProgress()
	return finishOrder(log, sender) + ", across a broker that was killed and came back"
}

// putOff puts every number that ends with 7 off twice.
type putOff struct {
	collector
	attempts map[string]int
}

func (c *putOff) consume(ctx context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	body := string(messages[0].Body)
	c.attempts[body]++
	if body[len(body)-1] == '7' && c.attempts[body] <= 2 {
		if orderly, found := primitive.GetOrderlyCtx(ctx); found {
			orderly.SuspendCurrentQueueTimeMillis = 50
		}
		return consumer.SuspendCurrentQueueAMoment, nil
	}
	return c.collector.consume(ctx, messages...)
}

func orderSuspend(s *scope) string {
	s.createTopic(s.topic(), queueCount)
	c := &putOff{collector: *newCollector(), attempts: map[string]int{}}
	s.pushConsumer(everything, c, consumer.WithConsumerOrder(true))
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	queue := s.queues()[0]
	bodies := []string{}
	for number := 0; number < 60; number++ {
		body := fmt.Sprintf("n-%d", number)
		s.sendTo(queue, p, body, "numbered")
		bodies = append(bodies, body)
	}
	c.awaitAll(bodies)
	checkEquals(bodies, c.inOrder(), "what was consumed")
	return "60 in order, 6 of them at the third attempt"
}
