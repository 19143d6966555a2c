package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// receiver is what a push consumer hands its messages to.
type receiver interface {
	consume(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error)
}

// collector counts each body it is given and keeps the last message of it. Several consumers may share one.
type collector struct {
	lock     sync.Mutex
	counts   map[string]int
	messages map[string]*primitive.MessageExt
	order    []string
}

func newCollector() *collector {
	return &collector{counts: map[string]int{}, messages: map[string]*primitive.MessageExt{}}
}

func (c *collector) consume(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	c.add(messages...)
	return consumer.ConsumeSuccess, nil
}

func (c *collector) add(messages ...*primitive.MessageExt) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, message := range messages {
		body := string(message.Body)
		c.counts[body]++
		c.messages[body] = message
		c.order = append(c.order, body)
	}
}

func (c *collector) size() int {
	c.lock.Lock()
	defer c.lock.Unlock()
	return len(c.counts)
}

func (c *collector) count(body string) int {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.counts[body]
}

func (c *collector) message(body string) *primitive.MessageExt {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.messages[body]
}

// inOrder is every body as it came.
func (c *collector) inOrder() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return append([]string{}, c.order...)
}

func (c *collector) missing(bodies []string) []string {
	missing := []string{}
	for _, body := range bodies {
		if c.count(body) == 0 {
			missing = append(missing, body)
		}
	}
	return missing
}

func (c *collector) awaitAll(bodies []string) {
	await(func() bool { return len(c.missing(bodies)) == 0 }, func() string { return "not received: " + sample(c.missing(bodies)) })
}

// checkExactly: what was received is exactly bodies, each once.
func (c *collector) checkExactly(bodies []string) {
	check(len(c.missing(bodies)) == 0, "not received: %s", sample(c.missing(bodies)))
	expected := map[string]bool{}
	for _, body := range bodies {
		expected[body] = true
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	for body, count := range c.counts {
		check(expected[body], "received although not to be: %s", body)
		checkEquals(1, count, "times that "+body+" was received")
	}
}

func sample(bodies []string) string {
	if len(bodies) > 5 {
		return fmt.Sprintf("%d such as %v", len(bodies), bodies[:5])
	}
	return fmt.Sprint(bodies)
}
