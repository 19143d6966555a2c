package main

import (
	"fmt"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// What the first two of the default levels wait.
var delayMs = []int64{0, 1000, 5000}

const delayedMessages = 40

func init() {
	register("delay-level-1", delayLevelOne)
	register("delay-levels", delayLevels)
	register("delay-restart-sigterm", func(s *scope) string { return delayRestart(s, "restart SIGTERM", true) })
	register("delay-restart-sigkill", func(s *scope) string { return delayRestart(s, "restart SIGKILL", false) })
}

func delayed(topic, body string, level int) *primitive.Message {
	message := primitive.NewMessage(topic, []byte(body)).WithTag("tag").WithKeys([]string{"key-" + body})
	message.WithProperty("mine", "of "+body)
	return message.WithDelayTimeLevel(level)
}

// checkDelivered: the message waited for its level, and is otherwise what was sent. The client cannot look up the place where a message
// waits, so its time is counted from the sender's clock, which is the broker's here.
func checkDelivered(message *primitive.MessageExt, sent *primitive.SendResult, level int) {
	body := string(message.Body)
	waited := message.StoreTimestamp - message.BornTimestamp
	check(waited >= delayMs[level], "%s of level %d waited %d ms", body, level, waited)
	checkEquals(sent.MessageQueue.QueueId, message.Queue.QueueId, "queue of "+body)
	checkEquals("key-"+body, message.GetKeys(), "keys of "+body)
	checkEquals("tag", message.GetTags(), "tags of "+body)
	checkEquals("of "+body, message.GetProperty("mine"), "property of "+body)
	checkEquals(sent.MsgID, message.MsgId, "id of "+body)
	checkEquals(0, message.ReconsumeTimes, "reconsumeTimes of "+body)
	checkEquals(message.Topic, message.GetProperty("REAL_TOPIC"), "REAL_TOPIC of "+body)
	checkEquals(level, message.GetProperty("DELAY"), "DELAY of "+body)
}

func sendDelayed(s *scope, p rocketmq.Producer, level int, sent map[string]*primitive.SendResult) []string {
	bodies := make([]string, 0, delayedMessages)
	queue := s.queues()[0]
	for i := 0; i < delayedMessages; i++ {
		body := fmt.Sprintf("level-%d-%d", level, i)
		message := delayed(s.topic(), body, level)
		message.Queue = queue
		sent[body] = sendMessage(p, message)
		bodies = append(bodies, body)
	}
	return bodies
}

func delayLevelOne(s *scope) string {
	p := s.producer()
	s.send(p, "first", 1)
	c := newCollector()
	s.pushConsumer(everything, c)
	c.awaitAll([]string{"first-0"})
	sent := map[string]*primitive.SendResult{}
	for i := 0; i < delayedMessages; i++ {
		body := fmt.Sprintf("delayed-%d", i)
		sent[body] = sendMessage(p, delayed(s.topic(), body, 1))
	}
	bodies := []string{"first-0"}
	for body := range sent {
		bodies = append(bodies, body)
	}
	c.awaitAll(bodies)
	for body, result := range sent {
		checkDelivered(c.message(body), result, 1)
	}
	c.checkExactly(bodies)
	return fmt.Sprintf("%d messages, none before its second was over", delayedMessages)
}

// delayLevels: all in one queue, the longest first: they come by their times, and those of one level in the order of their sending.
func delayLevels(s *scope) string {
	s.send(s.producer(), "first", 1)
	c := newCollector()
	s.pushConsumer(everything, c)
	c.awaitAll([]string{"first-0"})
	p := s.producer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	sent := map[string]*primitive.SendResult{}
	bodies := map[int][]string{}
	all := []string{}
	for level := 2; level >= 0; level-- {
		bodies[level] = sendDelayed(s, p, level, sent)
		all = append(all, bodies[level]...)
	}
	c.awaitAll(all)
	for level := range bodies {
		last := int64(-1)
		for _, body := range bodies[level] {
			message := c.message(body)
			check(message.QueueOffset > last, "%s is at %d, after %d", body, message.QueueOffset, last)
			last = message.QueueOffset
			if level > 0 {
				checkDelivered(message, sent[body], level)
			}
		}
	}
	return fmt.Sprintf("%d messages of levels 0 to 2, each level in order and in its time", len(all))
}

func delayRestart(s *scope, action string, isInOrder bool) string {
	p := s.producer()
	expected := s.send(p, "first", 1)
	for level := 1; level <= 2; level++ {
		for i := 0; i < delayedMessages; i++ {
			body := fmt.Sprintf("level-%d-%d", level, i)
			sendMessage(p, delayed(s.topic(), body, level))
			expected = append(expected, body)
		}
	}
	s.protocol.ask(action)
	c := newCollector()
	s.pushConsumer(everything, c)
	c.awaitAll(expected)
	if isInOrder {
		c.checkExactly(expected)
	}
	return fmt.Sprintf("%d messages of levels 1 and 2 came after the restart", 2*delayedMessages)
}
