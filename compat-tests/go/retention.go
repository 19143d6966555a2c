package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	retentionMessages = 600
	segmentBytes      = 262_144
	// Apache's broker deletes nothing in its first minute, and consume queues follow a little later.
	deletionLimit = 150 * time.Second
)

func init() {
	register("retention-offset-moved", retentionOffsetMoved)
}

// retentionOffsetMoved: segments of the log are deleted, and with them the messages with which a new group would begin.
func retentionOffsetMoved(s *scope) string {
	s.createTopic(s.topic(), 1)
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	queue := s.queues()[0]
	bodies := make([]string, 0, retentionMessages)
	for i := 0; i < retentionMessages; i++ {
		body := fmt.Sprintf("%d-%s", i, strings.Repeat("x", 1000))
		s.sendTo(queue, p, body, "")
		bodies = append(bodies, body)
	}
	s.protocol.ask("delete expired")

	reader := s.pullConsumer(everything)
	last := s.pullOne(reader, queue, retentionMessages-1)
	check(last != nil, "the last message is not there")
	lastSegment := last.CommitLogOffset - last.CommitLogOffset%segmentBytes
	check(lastSegment > 0, "all messages are in one segment")
	var min int64
	deadline := time.Now().Add(deletionLimit)
	for first := last; ; time.Sleep(lookAgain) {
		past, err := reader.PullFrom(context.Background(), queue, math.MaxInt32, 1)
		checkNoError(err, "pull past the end")
		min = past.MinOffset
		if first = s.pullOne(reader, queue, min); first != nil && first.CommitLogOffset >= lastSegment {
			break
		}
		check(time.Now().Before(deadline), "the queue begins at %d", min)
	}
	received := newCollector()
	s.pushConsumer(everything, received)
	received.awaitAll(bodies[min:])
	checkEquals(retentionMessages-min, received.size(), "messages received")
	return fmt.Sprintf("from 0 on to %d, and %d messages from there", min, retentionMessages-min)
}

// pullOne is the message at an offset, or nil if there is none.
func (s *scope) pullOne(reader rocketmq.PullConsumer, queue *primitive.MessageQueue, offset int64) *primitive.MessageExt {
	page, err := reader.PullFrom(context.Background(), queue, offset, 1)
	checkNoError(err, "pull")
	// While it is being deleted Apache's broker answers with the first message that is left, or says PullFound and sends nothing.
	if page.Status != primitive.PullFound || len(page.GetMessageExts()) == 0 || page.GetMessageExts()[0].QueueOffset != offset {
		return nil
	}
	return page.GetMessageExts()[0]
}
