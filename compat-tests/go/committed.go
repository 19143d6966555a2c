package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

const (
	queryConsumerOffset = 14
	answerLimit         = 10 * time.Second
)

type remotingAnswer struct {
	Code      int               `json:"code"`
	Remark    string            `json:"remark"`
	ExtFields map[string]string `json:"extFields"`
}

// callBroker is a bare JSON request: the Go client cannot ask what a group has committed.
func callBroker(connection net.Conn, code int, fields map[string]string) remotingAnswer {
	header, err := json.Marshal(map[string]interface{}{
		"code": code, "opaque": 1, "flag": 0, "language": "GO", "version": 0, "extFields": fields,
	})
	checkNoError(err, "header")
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(header)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(header)))
	checkNoError(connection.SetDeadline(time.Now().Add(answerLimit)), "deadline")
	_, err = connection.Write(append(frame, header...))
	checkNoError(err, "request")
	lengths := make([]byte, 8)
	_, err = io.ReadFull(connection, lengths)
	checkNoError(err, "answer")
	rest := make([]byte, binary.BigEndian.Uint32(lengths)-4)
	_, err = io.ReadFull(connection, rest)
	checkNoError(err, "answer")
	var answer remotingAnswer
	checkNoError(json.Unmarshal(rest[:binary.BigEndian.Uint32(lengths[4:])], &answer), "answer")
	return answer
}

// awaitCommitted waits until the broker knows that the group has consumed so many of the topic's messages, read from their start.
// What a consumer sends when it leaves is not answered, so the next one may ask sooner.
func (s *scope) awaitCommitted(messages int64) {
	queues := s.queues()
	connection, err := net.DialTimeout("tcp", s.parameter("broker"), answerLimit)
	checkNoError(err, "connection to the broker")
	defer connection.Close()
	var sum int64
	await(func() bool {
		sum = 0
		for _, queue := range queues {
			answer := callBroker(connection, queryConsumerOffset, map[string]string{
				"consumerGroup": s.group(), "topic": s.topic(), "queueId": strconv.Itoa(queue.QueueId),
			})
			if answer.Code != 0 {
				continue // nothing committed for this queue yet
			}
			offset, err := strconv.ParseInt(answer.ExtFields["offset"], 10, 64)
			checkNoError(err, "offset")
			sum += offset
		}
		return sum == messages
	}, func() string { return fmt.Sprintf("%d of %d messages committed", sum, messages) })
}
