package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

func init() {
	register("pull", pull)
	register("pull-statuses", pullStatuses)
}

// oneQueue makes the case's topic with one queue and fills it.
func (s *scope) oneQueue(messages int) *primitive.MessageQueue {
	s.createTopic(s.topic(), 1)
	p := s.producer()
	for i := 0; i < messages; i++ {
		tag := "even"
		if i%2 == 1 {
			tag = "odd"
		}
		sendMessage(p, primitive.NewMessage(s.topic(), []byte(fmt.Sprintf("m-%d", i))).WithTag(tag))
	}
	queues := s.queues()
	checkEquals(1, len(queues), "queues")
	return queues[0]
}

func pull(s *scope) string {
	queue := s.oneQueue(100)
	reader := s.pullConsumer(everything)
	page, err := reader.PullFrom(context.Background(), queue, 10, 32)
	checkNoError(err, "pull")
	checkEquals(primitive.PullFound, page.Status, "status")
	checkEquals(32, len(page.GetMessageExts()), "messages in a page")
	checkEquals(42, page.NextBeginOffset, "nextBeginOffset")
	checkEquals(0, page.MinOffset, "minOffset")
	checkEquals(100, page.MaxOffset, "maxOffset")
	checkEquals(10, page.GetMessageExts()[0].QueueOffset, "queue offset of the first")
	return "a page and its bounds as asked"
}

func pullStatuses(s *scope) string {
	queue := s.oneQueue(20)
	odd, err := s.pullConsumer(consumer.MessageSelector{Type: consumer.TAG, Expression: "odd"}).PullFrom(context.Background(), queue, 0, 32)
	checkNoError(err, "pull by tag")
	checkEquals(10, len(odd.GetMessageExts()), "messages with tag odd")
	reader := s.pullConsumer(everything)
	past, err := reader.PullFrom(context.Background(), queue, 1000, 32)
	checkNoError(err, "pull past the end")
	checkEquals(primitive.PullOffsetIllegal, past.Status, "status past the end")
	checkEquals(20, past.NextBeginOffset, "nextBeginOffset past the end")

	held := make(chan *primitive.PullResult, 1)
	go func() {
		result, _ := reader.PullFrom(context.Background(), queue, 20, 32)
		held <- result
	}()
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	s.sendTo(queue, p, "m-20", "even")
	select {
	case woken := <-held:
		check(woken != nil, "a held pull failed")
		checkEquals(primitive.PullFound, woken.Status, "status of a held pull")
		checkEquals("m-20", string(woken.GetMessageExts()[0].Body), "message of a held pull")
	case <-time.After(10 * time.Second):
		fail("a held pull was not woken by a message")
	}
	return "found by tag, offset illegal, and a held pull"
}
