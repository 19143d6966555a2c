package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	register("restart-sigterm", func(s *scope) string { return restart(s, "restart SIGTERM") })
	register("restart-sigkill", func(s *scope) string { return restart(s, "restart SIGKILL") })
}

// acknowledgements are the bodies a broker said it has, with where it said they are.
type acknowledgements struct {
	lock    sync.Mutex
	results map[string]*primitive.SendResult
	refused int64
}

func (a *acknowledgements) size() int {
	a.lock.Lock()
	defer a.lock.Unlock()
	return len(a.results)
}

func (a *acknowledgements) sendUntil(stopped *int32, p rocketmq.Producer, topic, prefix string) {
	for i := 0; atomic.LoadInt32(stopped) == 0; i++ {
		body := fmt.Sprintf("%s-%d", prefix, i)
		result, err := p.SendSync(context.Background(), primitive.NewMessage(topic, []byte(body)))
		if err != nil || result.Status != primitive.SendOK {
			atomic.AddInt64(&a.refused, 1)
			continue
		}
		a.lock.Lock()
		a.results[body] = result
		a.lock.Unlock()
	}
}

// restart: the broker goes away in the middle of a producer's run and comes back: nothing that was acknowledged is missing.
func restart(s *scope, action string) string {
	p := s.producer()
	s.send(p, "first", 1)
	acknowledged := &acknowledgements{results: map[string]*primitive.SendResult{}}
	var stopped int32
	var senders sync.WaitGroup
	for sender := 0; sender < 4; sender++ {
		senders.Add(1)
		go func(prefix string) {
			defer senders.Done()
			acknowledged.sendUntil(&stopped, p, s.topic(), prefix)
		}(fmt.Sprintf("sender-%d", sender))
	}
	func() {
		defer senders.Wait()
		defer atomic.StoreInt32(&stopped, 1)
		await(func() bool { return acknowledged.size() >= 1000 },
			func() string { return fmt.Sprintf("%d acknowledged before the restart", acknowledged.size()) })
		s.protocol.ask(action)
		atReturn := acknowledged.size()
		await(func() bool { return acknowledged.size() >= atReturn+1000 },
			func() string { return fmt.Sprintf("%d acknowledged after the restart", acknowledged.size()-atReturn) })
	}()
	checkStored(s.stored(), acknowledged)
	return fmt.Sprintf("%d acknowledged, %d refused meanwhile, none missing", acknowledged.size(), acknowledged.refused)
}

func checkStored(stored *collector, acknowledged *acknowledgements) {
	missing := []string{}
	for body, result := range acknowledged.results {
		message := stored.message(body)
		if message == nil || message.Queue.QueueId != result.MessageQueue.QueueId || message.QueueOffset != result.QueueOffset {
			missing = append(missing, fmt.Sprintf("%s at %d/%d", body, result.MessageQueue.QueueId, result.QueueOffset))
		}
	}
	check(len(missing) == 0, "acknowledged messages are not where they were said to be: %s", sample(missing))
}
