package ringmq.compat;

import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;

import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * What a broker answers to queries: by key, by unique key, by offset message id, by time, and where groups are. Asked before and after a handover, the
 * answers are the same.
 */
@SuppressWarnings("deprecation")
final class StoreQueries {
    private static final int QUERY_CONSUMER_OFFSET = 14;
    private static final int TIMES_A_QUEUE = 8;
    private static final int PER_KEY = 64;

    private final Map<String, String> answers = new TreeMap<>();
    private final Scope scope;

    private StoreQueries(Scope scope) {
        this.scope = scope;
    }

    /** Asks for all keys given, for some sent messages by id, for offsets by time in all queues of a topic, and for where the groups are. */
    static StoreQueries ask(Scope scope, String topic, Iterable<String> keys, Iterable<SendResult> sent, Iterable<String> groups) throws Exception {
        StoreQueries queries = new StoreQueries(scope);
        DefaultMQAdminExt admin = scope.admin();
        for (String key : keys) {
            queries.answers.put("key " + key, byKey(admin, topic, key));
        }
        for (SendResult result : sent) {
            MessageExt message = admin.viewMessage(topic, result.getMsgId());
            check(message != null, "no message " + result.getMsgId());
            queries.answers.put("unique key " + result.getMsgId(), StoreSnapshot.describe(message));
            queries.answers.put("id " + result.getOffsetMsgId(), StoreSnapshot.describe(admin.viewMessage(topic, result.getOffsetMsgId())));
        }
        queries.askByTime(topic);
        queries.askOffsets(topic, groups);
        return queries;
    }

    private static String byKey(DefaultMQAdminExt admin, String topic, String key) throws Exception {
        var ids = new ArrayList<String>();
        for (MessageExt message : admin.queryMessage(topic, key, PER_KEY, 0, Long.MAX_VALUE).getMessageList()) {
            ids.add(message.getMsgId() + "@" + message.getCommitLogOffset());
        }
        return ids.toString();
    }

    private void askByTime(String topic) throws Exception {
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        try {
            for (MessageQueue queue : consumer.fetchSubscribeMessageQueues(topic)) {
                long first = consumer.earliestMsgStoreTime(queue);
                long last = System.currentTimeMillis();
                answers.put("earliest time of " + queue, String.valueOf(first));
                for (int i = -1; i <= TIMES_A_QUEUE; i++) {
                    long offset = consumer.minOffset(queue) + i * (consumer.maxOffset(queue) - consumer.minOffset(queue)) / TIMES_A_QUEUE;
                    long time = i < 0 ? first - 1_000 : i == TIMES_A_QUEUE ? last : storeTime(consumer, queue, offset);
                    // The end of the queue moves; before it the answer stands.
                    answers.put("offset of " + queue + (i == TIMES_A_QUEUE ? " now" : " at " + time), String.valueOf(consumer.searchOffset(queue, time)));
                }
            }
        } finally {
            consumer.shutdown();
        }
    }

    private static long storeTime(DefaultMQPullConsumer consumer, MessageQueue queue, long offset) throws Exception {
        return consumer.pull(queue, "*", offset, 1).getMsgFoundList().get(0).getStoreTimestamp();
    }

    private void askOffsets(String topic, Iterable<String> groups) throws Exception {
        RawClient raw = scope.rawClient();
        for (String group : groups) {
            for (int queue = 0; queue < 4; queue++) {
                Map<String, String> fields = Map.of("consumerGroup", group, "topic", topic, "queueId", String.valueOf(queue));
                var answer = raw.call(scope.broker(), QUERY_CONSUMER_OFFSET, fields, null);
                answers.put("offset of " + group + " in " + queue, answer.getCode() + " " + answer.getExtFields());
            }
        }
    }

    int size() {
        return answers.size();
    }

    void checkSame(StoreQueries before) {
        before.answers.forEach((question, answer) -> checkEquals(answer, String.valueOf(answers.get(question)), question));
        checkEquals(before.answers.size(), answers.size(), "answers");
    }
}
