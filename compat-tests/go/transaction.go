package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const (
	givenUpTopic    = "TRANS_CHECK_MAX_TIME_TOPIC"
	immunitySeconds = 8
)

func init() {
	register("transaction-ends", transactionEnds)
	register("transaction-asked", transactionAsked)
	register("transaction-producer-gone", transactionProducerGone)
	register("transaction-immunity", transactionImmunity)
	register("transaction-given-up", transactionGivenUp)
	register("transaction-restart", transactionRestart)
}

// decider decides by the body, and counts how often it is asked about each.
type decider struct {
	lock          sync.Mutex
	questions     map[string]int
	firstAskedAge map[string]time.Duration
	decide        func(body string, times int) primitive.LocalTransactionState
}

// newDecider: decide is given the body and how often it was asked about, 0 for the producer's own end.
func newDecider(decide func(body string, times int) primitive.LocalTransactionState) *decider {
	return &decider{questions: map[string]int{}, firstAskedAge: map[string]time.Duration{}, decide: decide}
}

func (d *decider) ExecuteLocalTransaction(message *primitive.Message) primitive.LocalTransactionState {
	return d.decide(string(message.Body), 0)
}

func (d *decider) CheckLocalTransaction(message *primitive.MessageExt) primitive.LocalTransactionState {
	d.lock.Lock()
	defer d.lock.Unlock()
	body := string(message.Body)
	d.questions[body]++
	if d.questions[body] == 1 {
		d.firstAskedAge[body] = time.Duration(time.Now().UnixMilli()-message.BornTimestamp) * time.Millisecond
	}
	return d.decide(body, d.questions[body])
}

func (d *decider) timesAsked(body string) int {
	d.lock.Lock()
	defer d.lock.Unlock()
	return d.questions[body]
}

func byPrefix(body string) primitive.LocalTransactionState {
	if strings.HasPrefix(body, "commit") {
		return primitive.CommitMessageState
	}
	if strings.HasPrefix(body, "rollback") {
		return primitive.RollbackMessageState
	}
	return primitive.UnknowState
}

func onlyWhenAsked(body string, times int) primitive.LocalTransactionState {
	if times == 0 {
		return primitive.UnknowState
	}
	return byPrefix(body)
}

func (s *scope) transactionProducer(listener primitive.TransactionListener) rocketmq.TransactionProducer {
	created, err := rocketmq.NewTransactionProducer(listener,
		producer.WithNameServer(s.nameServer()),
		producer.WithGroupName("producer_"+s.parameter("id")),
		producer.WithInstanceName(instanceName()),
		producer.WithRetry(0),
	)
	checkNoError(err, "new transaction producer")
	checkNoError(created.Start(), "start of the transaction producer")
	s.closers = append(s.closers, created.Shutdown)
	return created
}

func (s *scope) beginOne(p rocketmq.TransactionProducer, message *primitive.Message) *primitive.TransactionSendResult {
	result, err := p.SendMessageInTransaction(context.Background(), message)
	checkNoError(err, "send in a transaction")
	checkEquals(primitive.SendOK, result.Status, "send status")
	return result
}

// begin begins transactions of bodies prefix-0 … prefix-(count-1).
func (s *scope) begin(p rocketmq.TransactionProducer, prefix string, count int) []string {
	bodies := []string{}
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s-%d", prefix, i)
		s.beginOne(p, primitive.NewMessage(s.topic(), []byte(body)))
		bodies = append(bodies, body)
	}
	return bodies
}

func (s *scope) consumed() *collector {
	received := newCollector()
	s.pushConsumer(everything, received)
	return received
}

// plainProducer is of a group of its own: the broker asks any producer of a transaction's group, and this one knows of none.
func (s *scope) plainProducer(options ...producer.Option) rocketmq.Producer {
	return s.producer(append(options, producer.WithGroupName("plain_"+s.parameter("id")))...)
}

// checkConsumedExactly: ordinary messages behind them in every queue show that nothing more comes.
func (s *scope) checkConsumedExactly(received *collector, bodies []string) {
	plain := s.plainProducer(producer.WithQueueSelector(producer.NewManualQueueSelector()))
	expected := append([]string{}, bodies...)
	for _, queue := range s.queues() {
		body := fmt.Sprintf("fence-%d", queue.QueueId)
		s.sendTo(queue, plain, body, "fence")
		expected = append(expected, body)
	}
	received.awaitAll(expected)
	received.checkExactly(expected)
}

func transactionEnds(s *scope) string {
	d := newDecider(func(body string, _ int) primitive.LocalTransactionState { return byPrefix(body) })
	p := s.transactionProducer(d)
	committed := []string{}
	results := map[string]*primitive.TransactionSendResult{}
	for i := 0; i < 50; i++ {
		body := fmt.Sprintf("commit-%d", i)
		message := primitive.NewMessage(s.topic(), []byte(body)).WithTag(fmt.Sprintf("tag%d", i%3)).WithKeys([]string{"key-" + body})
		message.WithProperty("index", fmt.Sprint(i))
		results[body] = s.beginOne(p, message)
		committed = append(committed, body)
		s.begin(p, fmt.Sprintf("rollback-%d", i), 1)
	}
	received := s.consumed()
	received.awaitAll(committed)
	s.checkConsumedExactly(received, committed)
	for i, body := range committed {
		message := received.message(body)
		checkEquals("key-"+body, message.GetKeys(), "keys")
		checkEquals(fmt.Sprintf("tag%d", i%3), message.GetTags(), "tags")
		checkEquals(fmt.Sprint(i), message.GetProperty("index"), "property index")
		checkEquals(results[body].MsgID, message.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex), "message id")
		checkEquals(results[body].MessageQueue.QueueId, message.Queue.QueueId, "queue")
	}
	checkEquals(0, len(d.questions), "questions")
	return "50 committed ones consumed once each as they were sent, 50 rolled back ones never"
}

func transactionAsked(s *scope) string {
	// Decided when asked for the first time, or for the second one.
	d := newDecider(func(body string, times int) primitive.LocalTransactionState {
		if strings.Contains(body, "later") && times == 1 {
			return primitive.UnknowState
		}
		return onlyWhenAsked(body, times)
	})
	p := s.transactionProducer(d)
	committed := s.begin(p, "commit", 20)
	later := s.begin(p, "commit-later", 5)
	rolledBack := s.begin(p, "rollback", 20)
	committed = append(committed, later...)
	received := s.consumed()
	received.awaitAll(committed)
	for _, body := range rolledBack {
		await(func() bool { return d.timesAsked(body) > 0 }, func() string { return "not asked about " + body })
	}
	s.checkConsumedExactly(received, committed)
	for _, body := range later {
		checkEquals(2, d.timesAsked(body), "questions about "+body)
	}
	return "25 committed when asked, consumed once each; 20 rolled back, never"
}

func transactionProducerGone(s *scope) string {
	dying := s.transactionProducer(newDecider(func(string, int) primitive.LocalTransactionState { return primitive.UnknowState }))
	bodies := s.begin(dying, "commit", 10)
	staying := s.transactionProducer(newDecider(onlyWhenAsked))
	s.begin(staying, "rollback", 1)
	checkNoError(dying.Shutdown(), "shutdown")
	received := s.consumed()
	received.awaitAll(bodies)
	s.checkConsumedExactly(received, bodies)
	return "10 of a producer that is gone were decided by another of its group"
}

func transactionImmunity(s *scope) string {
	d := newDecider(onlyWhenAsked)
	p := s.transactionProducer(d)
	immune := primitive.NewMessage(s.topic(), []byte("commit-immune"))
	immune.WithProperty(primitive.PropertyCheckImmunityTimeInSeconds, fmt.Sprint(immunitySeconds))
	s.beginOne(p, immune)
	bodies := append(s.begin(p, "commit", 3), "commit-immune")
	received := s.consumed()
	received.awaitAll(bodies)
	s.checkConsumedExactly(received, bodies)
	age := d.firstAskedAge["commit-immune"]
	check(age > immunitySeconds*time.Second, "asked after %v", age)
	return fmt.Sprintf("asked after its %d s, the others before", immunitySeconds)
}

func transactionGivenUp(s *scope) string {
	d := newDecider(func(string, int) primitive.LocalTransactionState { return primitive.UnknowState })
	p := s.transactionProducer(d)
	bodies := s.begin(p, "unknown", 3)
	plain := s.plainProducer()
	first := s.send(plain, "first", 1)
	for _, body := range bodies {
		await(func() bool { return d.timesAsked(body) == 2 }, func() string { return fmt.Sprintf("asked %d times", d.timesAsked(body)) })
	}
	stored := newCollector()
	await(func() bool {
		if queues, err := s.admin().FetchPublishMessageQueues(context.Background(), givenUpTopic); err != nil || len(queues) == 0 {
			return false
		}
		stored = s.storedIn(givenUpTopic)
		return stored.size() >= len(bodies)
	}, func() string { return "nothing in " + givenUpTopic })
	stored.checkExactly(bodies)
	for _, body := range bodies {
		checkEquals("2", stored.message(body).GetProperty("TRANSACTION_CHECK_TIMES"), "times of "+body)
		checkEquals(s.topic(), stored.message(body).GetProperty("REAL_TOPIC"), "real topic of "+body)
		checkEquals(2, d.timesAsked(body), "questions about "+body)
	}
	s.stored().checkExactly(first)
	return "3 that nobody decided are in " + givenUpTopic + " after 2 questions each"
}

func transactionRestart(s *scope) string {
	d := newDecider(func(body string, times int) primitive.LocalTransactionState {
		if strings.Contains(body, "asked") && times == 0 {
			return primitive.UnknowState
		}
		return byPrefix(body)
	})
	p := s.transactionProducer(d)
	ended := s.begin(p, "commit", 20)
	s.begin(p, "rollback", 20)
	committed := append(append([]string{}, ended...), s.begin(p, "commit-asked", 10)...)
	s.begin(p, "rollback-asked", 10)
	received := s.consumed()
	received.awaitAll(ended)
	s.protocol.ask("restart SIGKILL")
	received.awaitAll(committed)
	for body := range s.stored().counts {
		check(strings.HasPrefix(body, "commit"), "stored although rolled back: %s", body)
	}
	return "after kill -9 the undecided ones were asked about; committed ones arrived, none that was rolled back"
}
