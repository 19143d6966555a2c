package main

import (
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// orLast lets the messages that come last pass through any expression.
const orLast = " OR last IS NOT NULL"

func init() {
	register("filter-push", filterPush)
	register("filter-batch", filterBatch)
	register("filter-wakes", filterWakes)
	register("filter-backlog", filterBacklog)
}

// numbered is message i: its number, text in every second and third, a float, a flag.
func (s *scope) numbered(i int) *primitive.Message {
	message := primitive.NewMessage(s.topic(), []byte(fmt.Sprintf("m-%d", i))).WithTag(fmt.Sprintf("tag%d", i%3))
	message.WithProperty("i", fmt.Sprint(i))
	message.WithProperty("price", fmt.Sprintf("%d.5", i))
	message.WithProperty("flag", map[bool]string{true: "TRUE", false: "false"}[i%4 == 0])
	if i%2 == 0 {
		message.WithProperty("region", map[bool]string{true: "Zürich", false: "it's far"}[i%6 == 0])
	}
	return message
}

type expressionCase struct {
	expression string
	isWanted   func(i int) bool
}

var expressionCases = []expressionCase{
	{"(i > 20 AND i <= 40 AND NOT (i = 30))", func(i int) bool { return i > 20 && i <= 40 && i != 30 }},
	{"(price BETWEEN 10.5 AND 19.9 OR i NOT BETWEEN 5 AND 95)", func(i int) bool { return i >= 10 && i <= 19 || i < 5 || i > 95 }},
	{"(region = 'Zürich' AND TAGS IN ('tag0', 'none'))", func(i int) bool { return i%6 == 0 }},
	{"(region IS NULL AND flag = FALSE AND i < 50)", func(i int) bool { return i%2 != 0 && i < 50 }},
	{"(region <> 'Zürich' AND flag = TRUE)", func(i int) bool { return i%2 == 0 && i%6 != 0 && i%4 == 0 }},
	{"(region CONTAINS '''s' AND i >= -1e3)", func(i int) bool { return i%2 == 0 && i%6 != 0 }},
}

func wantedBodies(count int, isWanted func(i int) bool, more []string) []string {
	bodies := append([]string{}, more...)
	for i := 0; i < count; i++ {
		if isWanted(i) {
			bodies = append(bodies, fmt.Sprintf("m-%d", i))
		}
	}
	return bodies
}

func (s *scope) sqlConsumer(group, expression string) *collector {
	c := newCollector()
	s.pushConsumer(consumer.MessageSelector{Type: consumer.SQL92, Expression: expression}, c, consumer.WithGroupName(group))
	return c
}

func (s *scope) sendLast() []string {
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	bodies := []string{}
	for _, queue := range s.queues() {
		body := fmt.Sprintf("last-%d", queue.QueueId)
		message := primitive.NewMessage(s.topic(), []byte(body))
		message.WithProperty("last", "yes")
		message.Queue = queue
		sendMessage(p, message)
		bodies = append(bodies, body)
	}
	return bodies
}

func (s *scope) sendBatches(p rocketmq.Producer, count, size int) {
	for from := 0; from < count; from += size {
		messages := []*primitive.Message{}
		for i := from; i < from+size; i++ {
			messages = append(messages, s.numbered(i))
		}
		sendMessage(p, messages...)
	}
}

func filterPush(s *scope) string {
	s.createTopic(s.topic(), queueCount)
	p := s.producer()
	collectors := []*collector{}
	for n, one := range expressionCases {
		collectors = append(collectors, s.sqlConsumer(fmt.Sprintf("%s_%d", s.group(), n), one.expression+orLast))
	}
	for i := 0; i < 100; i++ {
		sendMessage(p, s.numbered(i))
	}
	last := s.sendLast()
	for n, one := range expressionCases {
		bodies := wantedBodies(100, one.isWanted, last)
		collectors[n].awaitAll(bodies)
		collectors[n].checkExactly(bodies)
	}
	return fmt.Sprintf("exactly their messages for %d expressions", len(collectors))
}

func filterBatch(s *scope) string {
	s.createTopic(s.topic(), queueCount)
	c := s.sqlConsumer(s.group(), "i BETWEEN 100 AND 139"+orLast)
	s.sendBatches(s.producer(), 200, 50)
	bodies := wantedBodies(200, func(i int) bool { return i >= 100 && i <= 139 }, s.sendLast())
	c.awaitAll(bodies)
	c.checkExactly(bodies)
	return "40 of 200 messages of 4 batches by their own properties"
}

func filterWakes(s *scope) string {
	s.createTopic(s.topic(), queueCount)
	p := s.producer()
	c := s.sqlConsumer(s.group(), "i > 0 AND i < 1000"+orLast)
	last := s.sendLast()
	c.awaitAll(last)
	took := []time.Duration{}
	for i := 1; i <= 20; i++ {
		body := fmt.Sprintf("m-%d", i)
		for unwanted := 0; unwanted < 4; unwanted++ {
			sendMessage(p, s.numbered(1000+i))
		}
		sendMessage(p, s.numbered(i))
		took = append(took, await(func() bool { return c.message(body) != nil }, func() string { return body + " not received" }))
	}
	checkWoken(took)
	c.checkExactly(wantedBodies(21, func(i int) bool { return i > 0 }, last))
	return "20 wanted messages among 80 others woke the consumer"
}

func filterBacklog(s *scope) string {
	s.createTopic(s.topic(), queueCount)
	const count = 10_000
	s.sendBatches(s.producer(), count, 50)
	last := s.sendLast()
	s.protocol.ask("restart SIGTERM")
	c := s.sqlConsumer(s.group(), "i > 2500 AND i < 2511 OR i = 9999 OR i < 3"+orLast)
	bodies := wantedBodies(count, func(i int) bool { return i > 2500 && i < 2511 || i == 9999 || i < 3 }, last)
	c.awaitAll(bodies)
	c.checkExactly(bodies)
	return "14 of 10,000 messages found on disk after a restart"
}
