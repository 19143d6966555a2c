package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Segments of the log are deleted, and with them messages that a group has not consumed yet. */
@SuppressWarnings("deprecation")
final class RetentionCases {
    private static final int MESSAGES = 600;
    private static final long SEGMENT_BYTES = 262_144;
    private static final long COMMITTED = 10;
    /** Apache's broker deletes nothing in its first minute, and consume queues follow a little later. */
    private static final long DELETION_MS = 150_000;
    /** A push consumer waits 10 s after such an answer, and then for its next rebalance. */
    private static final long CORRECTION_MS = 150_000;
    private static final int CLEAN_UNUSED_TOPIC = 316;
    private static final int DELETE_EXPIRED_COMMITLOG = 329;
    private static final int UPDATE_CONSUMER_OFFSET = 15;
    private static final int UPDATE_SUBSCRIPTIONGROUP = 200;

    private RetentionCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("retention-offset-moved", RetentionCases::offsetMoved);
    }

    private static String offsetMoved(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        AdminCases.createTopic(scope, scope.topic(), 1);
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        for (int i = 0; i < MESSAGES; i++) {
            sent(producer.send(new Message(scope.topic(), bytes(body(i))), queue));
        }
        RawClient raw = scope.rawClient();
        byte[] group = bytes("{\"groupName\":\"" + scope.group() + "\",\"consumeEnable\":true,\"retryQueueNums\":1,\"retryMaxTimes\":16}");
        checkEquals(0, raw.call(scope.broker(), UPDATE_SUBSCRIPTIONGROUP, Map.of(), group).getCode(), "code of 200");
        Map<String, String> committed = Map.of("consumerGroup", scope.group(), "topic", scope.topic(), "queueId", "0",
            "commitOffset", String.valueOf(COMMITTED));
        checkEquals(0, raw.call(scope.broker(), UPDATE_CONSUMER_OFFSET, committed, null).getCode(), "code of 15");
        checkEquals(0, raw.call(scope.broker(), DELETE_EXPIRED_COMMITLOG, Map.of(), null).getCode(), "code of 329");

        DefaultMQPullConsumer reader = scope.pullConsumer();
        long lastSegment = lastSegment(reader, queue);
        Scope.await(DELETION_MS, () -> firstPlace(reader, queue) >= lastSegment,
            () -> "the queue begins at " + reader.minOffset(queue));
        long min = reader.minOffset(queue);
        PullResult moved = reader.pull(queue, "*", COMMITTED, 32);
        checkEquals(PullStatus.OFFSET_ILLEGAL, moved.getPullStatus(), "status of a pull at a deleted offset");
        checkEquals(min, moved.getNextBeginOffset(), "nextBeginOffset of that pull");
        checkEquals((long) MESSAGES, reader.maxOffset(queue), "maxOffset");
        checkEquals(min, reader.searchOffset(queue, 0), "offset at timestamp 0");
        checkEquals((long) MESSAGES, reader.searchOffset(queue, System.currentTimeMillis() + 60_000), "offset in the future");
        long earliest = reader.pull(queue, "*", min, 1).getMsgFoundList().get(0).getStoreTimestamp();
        checkEquals(earliest, reader.earliestMsgStoreTime(queue), "earliestMsgStoreTime");

        Collector received = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(received);
        consumer.start();
        List<String> left = new ArrayList<>();
        for (int i = (int) min; i < MESSAGES; i++) {
            left.add(body(i));
        }
        Scope.await(CORRECTION_MS, () -> received.bodies().containsAll(left),
            () -> received.size() + " of " + left.size() + " messages received");
        sent(producer.send(new Message(scope.topic(), bytes(body(MESSAGES))), queue));
        left.add(body(MESSAGES));
        received.awaitAll(left);
        received.checkExactly(left);
        checkEquals(0, raw.call(scope.broker(), CLEAN_UNUSED_TOPIC, Map.of(), null).getCode(), "code of 316");
        return "from " + COMMITTED + " on to " + min + ", and " + left.size() + " messages from there";
    }

    /** 1,000 bytes, so that a few hundred messages fill segments. */
    private static String body(int i) {
        return i + "-" + "x".repeat(1_000);
    }

    private static long lastSegment(DefaultMQPullConsumer reader, MessageQueue queue) throws Exception {
        PullResult last = reader.pull(queue, "*", MESSAGES - 1, 1);
        check(last.getPullStatus() == PullStatus.FOUND, "the last message is not there: " + last.getPullStatus());
        long place = last.getMsgFoundList().get(0).getCommitLogOffset();
        check(place > SEGMENT_BYTES, "all messages are in one segment");
        return place - place % SEGMENT_BYTES;
    }

    /**
     * Where in the log the queue's first message is, or -1 while it is being deleted. Apache's broker then answers with the first message that is left,
     * or says FOUND and sends nothing.
     */
    private static long firstPlace(DefaultMQPullConsumer reader, MessageQueue queue) throws Exception {
        long min = reader.minOffset(queue);
        PullResult first = reader.pull(queue, "*", min, 1);
        if (first.getPullStatus() != PullStatus.FOUND || first.getMsgFoundList().isEmpty()) {
            return -1;
        }
        MessageExt message = first.getMsgFoundList().get(0);
        return message.getQueueOffset() == min ? message.getCommitLogOffset() : -1;
    }
}
