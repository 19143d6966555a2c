package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	register("send-sync", sendSync)
	register("send-async", sendAsync)
	register("send-oneway", sendOneway)
	register("send-batch", sendBatch)
}

func sendSync(s *scope) string {
	p := s.producer()
	next := map[int]int64{}
	bodies := []string{}
	for i := 0; i < 100; i++ {
		body := fmt.Sprintf("sync-%d", i)
		result := sendMessage(p, primitive.NewMessage(s.topic(), []byte(body)))
		queue := result.MessageQueue.QueueId
		checkEquals(next[queue], result.QueueOffset, fmt.Sprintf("offset in queue %d", queue))
		next[queue] = result.QueueOffset + 1
		check(result.MsgID != "" && result.OffsetMsgID != "", "a message id is empty")
		bodies = append(bodies, body)
	}
	checkEquals(4, len(next), "queues of the topic made on first use")
	s.stored().checkExactly(bodies)
	return "100 sent to 4 queues and stored"
}

func sendAsync(s *scope) string {
	p := s.producer()
	bodies := s.send(p, "first", 1)
	var answered, failed int32
	for i := 0; i < 500; i++ {
		body := fmt.Sprintf("async-%d", i)
		bodies = append(bodies, body)
		err := p.SendAsync(context.Background(), func(_ context.Context, result *primitive.SendResult, err error) {
			if err == nil && result.Status == primitive.SendOK {
				atomic.AddInt32(&answered, 1)
			} else {
				atomic.AddInt32(&failed, 1)
			}
		}, primitive.NewMessage(s.topic(), []byte(body)))
		checkNoError(err, "asynchronous send")
	}
	await(func() bool { return atomic.LoadInt32(&answered)+atomic.LoadInt32(&failed) == 500 },
		func() string { return fmt.Sprintf("%d of 500 answered", atomic.LoadInt32(&answered)) })
	checkEquals(0, failed, "failed sends")
	s.stored().checkExactly(bodies)
	return "500 answered and stored"
}

func sendOneway(s *scope) string {
	p := s.producer()
	bodies := s.send(p, "first", 1)
	for i := 0; i < 200; i++ {
		body := fmt.Sprintf("oneway-%d", i)
		checkNoError(p.SendOneWay(context.Background(), primitive.NewMessage(s.topic(), []byte(body))), "oneway send")
		bodies = append(bodies, body)
	}
	await(func() bool { return s.stored().size() >= 201 }, func() string { return fmt.Sprintf("%d of 201 stored", s.stored().size()) })
	s.stored().checkExactly(bodies)
	return "200 stored"
}

func sendBatch(s *scope) string {
	p := s.producer()
	bodies := []string{}
	for round := 0; round < 10; round++ {
		batch := []*primitive.Message{}
		for i := 0; i < 32; i++ {
			body := fmt.Sprintf("batch-%d-%d", round, i)
			message := primitive.NewMessage(s.topic(), []byte(body)).WithTag("tag").WithKeys([]string{"key-" + body})
			message.WithProperty("index", fmt.Sprint(i))
			batch = append(batch, message)
			bodies = append(bodies, body)
		}
		result := sendMessage(p, batch...)
		checkEquals(32, len(strings.Split(result.OffsetMsgID, ",")), "offset message ids of a batch")
	}
	stored := s.stored()
	stored.checkExactly(bodies)
	for _, body := range bodies {
		checkEquals("key-"+body, strings.TrimSpace(stored.message(body).GetKeys()), "keys")
		checkEquals(body[strings.LastIndex(body, "-")+1:], stored.message(body).GetProperty("index"), "property index")
	}
	return "10 batches of 32 stored, each message with its own key and properties"
}
