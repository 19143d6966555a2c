package main

import (
	"context"
	"fmt"

	"github.com/apache/rocketmq-client-go/v2/admin"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

func init() {
	register("admin-create-topic", adminCreateTopic)
	register("admin-delete-topic", adminDeleteTopic)
}

func (s *scope) admin() admin.Admin {
	created, err := admin.NewAdmin(admin.WithResolver(primitive.NewPassthroughResolver(s.nameServer())))
	checkNoError(err, "new admin")
	s.closers = append(s.closers, created.Close)
	return created
}

func (s *scope) createTopic(topic string, queues int) {
	checkNoError(s.admin().CreateTopic(context.Background(),
		admin.WithTopicCreate(topic),
		admin.WithBrokerAddrCreate(s.parameter("broker")),
		admin.WithReadQueueNums(queues),
		admin.WithWriteQueueNums(queues),
	), "create topic")
}

// adminCreateTopic: the route must be at the NameServer before the answer: a producer sends without waiting for anything.
func adminCreateTopic(s *scope) string {
	for round := 0; round < 10; round++ {
		topic := fmt.Sprintf("%s_%d", s.topic(), round)
		s.createTopic(topic, 6)
		sendMessage(s.producer(), primitive.NewMessage(topic, []byte("at once")))
		queues, err := s.admin().FetchPublishMessageQueues(context.Background(), topic)
		checkNoError(err, "queues")
		checkEquals(6, len(queues), "queues of the created topic")
	}
	return "10 topics made and sent to at once, with their 6 queues"
}

func adminDeleteTopic(s *scope) string {
	listed := func() bool {
		list, err := s.admin().FetchAllTopicList(context.Background())
		checkNoError(err, "topic list")
		for _, topic := range list.TopicList {
			if topic == s.topic() {
				return true
			}
		}
		return false
	}
	s.createTopic(s.topic(), 2)
	s.send(s.producer(), "m", 10)
	check(listed(), "the topic is not listed")
	checkNoError(s.admin().DeleteTopic(context.Background(),
		admin.WithTopicDelete(s.topic()),
		admin.WithBrokerAddrDelete(s.parameter("broker")),
		admin.WithNameSrvAddr(s.nameServer()),
	), "delete topic")
	check(!listed(), "the deleted topic is still listed")
	s.createTopic(s.topic(), 2)
	again := s.send(s.producer(), "again", 10)
	s.stored().checkExactly(again)
	return "deleted at broker and NameServer, made again, and only the new messages in it"
}
