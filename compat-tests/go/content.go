package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand"
	"strings"

	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const fourMib = 4 << 20

func init() {
	register("content-unicode", contentUnicode)
	register("content-compressed", contentCompressed)
	register("round-trip", roundTrip)
	register("limit-4mib", limitFourMib)
	register("limit-4mib-and-one", limitFourMibAndOne)
	register("limit-properties", limitProperties)
	register("limit-topic-names", limitTopicNames)
}

func (s *scope) receive(message *primitive.Message) *primitive.MessageExt {
	sendMessage(s.producer(), message)
	c := newCollector()
	s.pushConsumer(everything, c)
	body := string(message.Body)
	await(func() bool { return c.count(body) > 0 }, func() string { return "not received" })
	return c.message(body)
}

func contentUnicode(s *scope) string {
	message := primitive.NewMessage(s.topic(), []byte("Grüße, 世界! Привет 🚀 \x00 \"quoted\" \\ {json} ñ"))
	message.WithTag("标签").WithKeys([]string{"ключ-1", "鍵-2"})
	message.Flag = 7
	properties := map[string]string{
		"имя":    "значение с пробелами",
		"emoji":  "🦊🐢",
		"quotes": `"double" 'single' \backslash\ {"json":[1,2]}`,
	}
	for name, value := range properties {
		message.WithProperty(name, value)
	}
	received := s.receive(message)
	checkEquals("标签", received.GetTags(), "tag")
	checkEquals("ключ-1 鍵-2", strings.TrimSpace(received.GetKeys()), "keys")
	checkEquals(7, received.Flag, "flag")
	for name, value := range properties {
		checkEquals(value, received.GetProperty(name), "property "+name)
	}
	return "body, tag, keys, flag and properties unchanged"
}

func contentCompressed(s *scope) string {
	line := "a megabyte of text that repeats itself 0123456789\n"
	body := strings.Repeat(line, 1+(1<<20)/len(line))[:1<<20]
	received := s.receive(primitive.NewMessage(s.topic(), []byte(body)))
	check(received.StoreSize < 100_000, "stored as %d bytes", received.StoreSize)
	return fmt.Sprintf("1 MiB stored as %d bytes", received.StoreSize)
}

// roundTrip is a bit of everything, for the mixed clusters.
func roundTrip(s *scope) string {
	p := s.producer()
	bodies := s.send(p, "one", 50)
	batch := []*primitive.Message{}
	for i := 0; i < 20; i++ {
		message := primitive.NewMessage(s.topic(), []byte(fmt.Sprintf("batch-%d", i)))
		message.WithProperty("свойство", fmt.Sprintf("🚀%d", i))
		batch = append(batch, message)
		bodies = append(bodies, fmt.Sprintf("batch-%d", i))
	}
	sendMessage(p, batch...)
	c := newCollector()
	s.pushConsumer(everything, c)
	c.awaitAll(bodies)
	bodies = append(bodies, s.send(p, "later", 50)...)
	c.awaitAll(bodies)
	c.checkExactly(bodies)
	checkEquals("🚀7", c.message("batch-7").GetProperty("свойство"), "property")
	s.stored().checkExactly(bodies)
	return "sent, batched, pushed and pulled"
}

func noise(size int) []byte {
	body := make([]byte, size)
	rand.New(rand.NewSource(int64(size))).Read(body)
	return body
}

// refusal sends and returns the error's text; the Go client gives the broker's code in it.
func (s *scope) refusal(p interface {
	SendSync(context.Context, ...*primitive.Message) (*primitive.SendResult, error)
}, message *primitive.Message) string {
	_, err := p.SendSync(context.Background(), message)
	check(err != nil, "it was accepted")
	return err.Error()
}

func limitFourMib(s *scope) string {
	body := noise(fourMib)
	p := s.producer(producer.WithCompressMsgBodyOverHowmuch(math.MaxInt32))
	sendMessage(p, primitive.NewMessage(s.topic(), body))
	stored := s.stored()
	checkEquals(1, stored.size(), "messages stored")
	for received := range stored.counts {
		checkEquals(sha256.Sum256(body), sha256.Sum256([]byte(received)), "checksum of the body")
	}
	return "4,194,304 bytes accepted and unchanged"
}

func limitFourMibAndOne(s *scope) string {
	p := s.producer(producer.WithCompressMsgBodyOverHowmuch(math.MaxInt32))
	s.send(p, "first", 1)
	text := s.refusal(p, primitive.NewMessage(s.topic(), noise(fourMib+1)))
	check(strings.HasPrefix(text, "CODE: 13,"), "refused with '%s'", text)
	s.send(p, "the connection lives", 1)
	return "refused by the broker with MESSAGE_ILLEGAL"
}

func limitProperties(s *scope) string {
	p := s.producer()
	fits := primitive.NewMessage(s.topic(), []byte("fits"))
	fits.WithProperty("long", strings.Repeat("x", 32_000))
	sendMessage(p, fits)
	over := primitive.NewMessage(s.topic(), []byte("over"))
	over.WithProperty("long", strings.Repeat("x", 32_768))
	text := s.refusal(p, over)
	check(strings.HasPrefix(text, "CODE: 13,"), "refused with '%s'", text)
	return "32,000 bytes of properties accepted, more than 32,767 refused"
}

// limitTopicNames: the Go client checks no names, so what it is told comes from the broker.
func limitTopicNames(s *scope) string {
	p := s.producer()
	for _, name := range []string{"with space", "with.dot", strings.Repeat("x", 128)} {
		text := s.refusal(p, primitive.NewMessage(name, []byte("never")))
		check(strings.HasPrefix(text, "CODE: 29,"), "topic '%s' refused with '%s'", name, text)
	}
	name := (s.topic() + strings.Repeat("x", 127))[:127]
	sendMessage(p, primitive.NewMessage(name, []byte("longest")))
	return "127 characters accepted; 128, a space and a dot refused"
}
