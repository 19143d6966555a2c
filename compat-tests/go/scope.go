package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	// Longer than a client's heartbeat and rebalance intervals.
	waitLimit = 60 * time.Second
	lookAgain = 10 * time.Millisecond
)

// scope is what one run of a case lives in: its parameters, names of its own for topics and groups, clients that are shut down when it
// ends, and waits that end on a condition or fail at a deadline.
type scope struct {
	protocol   *protocol
	parameters map[string]string
	closers    []func() error
}

var instances int

func instanceName() string {
	instances++
	return fmt.Sprintf("compat-%d-%d", os.Getpid(), instances)
}

func fail(format string, values ...interface{}) {
	panic(fmt.Sprintf(format, values...))
}

func check(holds bool, format string, values ...interface{}) {
	if !holds {
		fail(format, values...)
	}
}

func checkNoError(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func checkEquals(expected, actual interface{}, what string) {
	check(fmt.Sprint(expected) == fmt.Sprint(actual), "%s: expected %v, got %v", what, expected, actual)
}

// await waits until the condition holds and returns how long it took; it fails with what at the deadline.
func await(condition func() bool, what func() string) time.Duration {
	start := time.Now()
	for !condition() {
		check(time.Since(start) < waitLimit, "after %v: %s", waitLimit, what())
		time.Sleep(lookAgain)
	}
	return time.Since(start)
}

func (s *scope) parameter(name string) string {
	value, found := s.parameters[name]
	check(found, "the case needs the parameter %s", name)
	return value
}

func (s *scope) topic() string        { return "compat_" + s.parameter("id") }
func (s *scope) group() string        { return "group_" + s.parameter("id") }
func (s *scope) nameServer() []string { return []string{s.parameter("namesrv")} }

func (s *scope) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil {
			fmt.Fprintln(os.Stderr, "while closing:", err)
		}
	}
}

func (s *scope) producer(options ...producer.Option) rocketmq.Producer {
	options = append([]producer.Option{
		producer.WithNameServer(s.nameServer()),
		producer.WithGroupName("producer_" + s.parameter("id")),
		producer.WithInstanceName(instanceName()),
		producer.WithRetry(0),
		producer.WithQueueSelector(producer.NewRoundRobinQueueSelector()),
	}, options...)
	created, err := rocketmq.NewProducer(options...)
	checkNoError(err, "new producer")
	checkNoError(created.Start(), "start of the producer")
	s.closers = append(s.closers, created.Shutdown)
	return created
}

func (s *scope) pushConsumer(selector consumer.MessageSelector, receiver receiver, options ...consumer.Option) rocketmq.PushConsumer {
	options = append([]consumer.Option{
		consumer.WithNameServer(s.nameServer()),
		consumer.WithGroupName(s.group()),
		consumer.WithInstance(instanceName()),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	}, options...)
	created, err := rocketmq.NewPushConsumer(options...)
	checkNoError(err, "new push consumer")
	checkNoError(created.Subscribe(s.topic(), selector, receiver.consume), "subscribe")
	checkNoError(created.Start(), "start of the push consumer")
	s.closers = append(s.closers, created.Shutdown)
	return created
}

func (s *scope) pullConsumer(selector consumer.MessageSelector) rocketmq.PullConsumer {
	return s.pullConsumerOf(s.topic(), selector)
}

func (s *scope) pullConsumerOf(topic string, selector consumer.MessageSelector) rocketmq.PullConsumer {
	created, err := rocketmq.NewPullConsumer(
		consumer.WithNameServer(s.nameServer()),
		consumer.WithGroupName(s.group()+"_pull"),
		consumer.WithInstance(instanceName()),
	)
	checkNoError(err, "new pull consumer")
	checkNoError(created.Subscribe(topic, selector), "subscribe")
	checkNoError(created.Start(), "start of the pull consumer")
	s.closers = append(s.closers, created.Shutdown)
	return created
}

var everything = consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}

func sendMessage(p rocketmq.Producer, messages ...*primitive.Message) *primitive.SendResult {
	result, err := p.SendSync(context.Background(), messages...)
	checkNoError(err, "send")
	checkEquals(primitive.SendOK, result.Status, "send status")
	return result
}

// send sends bodies prefix-0 … prefix-(count-1) one after another and returns them.
func (s *scope) send(p rocketmq.Producer, prefix string, count int) []string {
	bodies := make([]string, 0, count)
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s-%d", prefix, i)
		sendMessage(p, primitive.NewMessage(s.topic(), []byte(body)))
		bodies = append(bodies, body)
	}
	return bodies
}

// queues are those of the case's topic, which must exist.
func (s *scope) queues() []*primitive.MessageQueue {
	return s.queuesOf(s.topic())
}

func (s *scope) queuesOf(topic string) []*primitive.MessageQueue {
	queues, err := s.admin().FetchPublishMessageQueues(context.Background(), topic)
	checkNoError(err, "queues of the topic")
	return queues
}

// sendTo sends to one queue: the manual selector takes the queue from the message.
func (s *scope) sendTo(queue *primitive.MessageQueue, p rocketmq.Producer, body, tag string) *primitive.SendResult {
	message := primitive.NewMessage(s.topic(), []byte(body)).WithTag(tag)
	message.Queue = queue
	return sendMessage(p, message)
}

// stored is everything the case's topic holds, read queue by queue from the start.
func (s *scope) stored() *collector {
	return s.storedIn(s.topic())
}

func (s *scope) storedIn(topic string) *collector {
	reader := s.pullConsumerOf(topic, everything)
	collected := newCollector()
	for _, queue := range s.queuesOf(topic) {
		// A pull past the end is answered at once and tells where the end is.
		past, err := reader.PullFrom(context.Background(), queue, math.MaxInt32, 1)
		checkNoError(err, "pull past the end")
		for next := int64(0); next < past.MaxOffset; {
			page, err := reader.PullFrom(context.Background(), queue, next, 32)
			checkNoError(err, "pull")
			checkEquals(primitive.PullFound, page.Status, fmt.Sprintf("status of the pull at %d", next))
			collected.add(page.GetMessageExts()...)
			next = page.NextBeginOffset
		}
	}
	return collected
}
