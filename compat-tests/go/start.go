package main

import (
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func init() {
	register("from-first", func(s *scope) string { return fromWhere(s, consumer.ConsumeFromFirstOffset) })
	register("from-last", func(s *scope) string { return fromWhere(s, consumer.ConsumeFromLastOffset) })
	register("from-timestamp", func(s *scope) string { return fromWhere(s, consumer.ConsumeFromTimestamp) })
	register("from-last-then-new", func(s *scope) string { return offsetsKept(s, "", consumer.ConsumeFromLastOffset) })
	register("offsets-consumer-restart", func(s *scope) string { return offsetsKept(s, "", consumer.ConsumeFromFirstOffset) })
	register("offsets-broker-restart", func(s *scope) string { return offsetsKept(s, "restart SIGTERM", consumer.ConsumeFromFirstOffset) })
}

func whereOptions(where consumer.ConsumeFromWhere) []consumer.Option {
	inAnHour := time.Now().Add(time.Hour).Format("20060102150405")
	return []consumer.Option{consumer.WithConsumeFromWhere(where), consumer.WithConsumeTimestamp(inAnHour)}
}

// fromWhere: a topic whose first message the broker still has in memory is read from its start, whatever the consumer asked for: the
// broker answers offset 0 for a group it does not know (QUERY_CONSUMER_OFFSET).
func fromWhere(s *scope, where consumer.ConsumeFromWhere) string {
	p := s.producer()
	bodies := s.send(p, "before", 40)
	c := newCollector()
	s.pushConsumer(everything, c, whereOptions(where)...)
	c.awaitAll(bodies)
	bodies = append(bodies, s.send(p, "after", 40)...)
	c.awaitAll(bodies)
	c.checkExactly(bodies)
	return "a new group reads a young topic from its start"
}

// offsetsKept: a group goes on where it was after its consumer, or the broker, was away.
func offsetsKept(s *scope, meanwhile string, where consumer.ConsumeFromWhere) string {
	p := s.producer()
	before := s.send(p, "before", 40)
	firstRun := newCollector()
	c := s.pushConsumer(everything, firstRun, whereOptions(where)...)
	firstRun.awaitAll(before)
	s.awaitCommitted(int64(len(before)))
	checkNoError(c.Shutdown(), "shutdown")
	firstRun.checkExactly(before)

	if meanwhile != "" {
		checkNoError(p.Shutdown(), "shutdown")
		s.protocol.ask(meanwhile)
		p = s.producer()
	}
	after := s.send(p, "after", 40)
	secondRun := newCollector()
	s.pushConsumer(everything, secondRun, whereOptions(where)...)
	secondRun.awaitAll(after)
	toQueue := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	for _, queue := range s.queues() {
		s.sendTo(queue, toQueue, "end-"+queue.String(), "end")
		after = append(after, "end-"+queue.String())
	}
	secondRun.awaitAll(after)
	secondRun.checkExactly(after)
	s.stored().checkExactly(append(before, after...))
	return "the second run got the 44 new messages only"
}
