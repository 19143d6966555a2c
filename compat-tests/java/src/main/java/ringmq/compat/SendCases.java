package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/** The ways to send: one by one, asynchronously, without an answer, in batches. */
final class SendCases {
    private SendCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("send-sync", SendCases::sync);
        cases.put("send-async", SendCases::async);
        cases.put("send-oneway", SendCases::oneway);
        cases.put("send-batch", SendCases::batch);
    }

    private static String sync(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        Map<Integer, Long> nextOffsets = new HashMap<>();
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String body = "sync-" + i;
            SendResult result = sent(producer.send(new Message(scope.topic(), bytes(body))));
            int queue = result.getMessageQueue().getQueueId();
            checkEquals(nextOffsets.getOrDefault(queue, 0L), result.getQueueOffset(), "offset in queue " + queue);
            nextOffsets.put(queue, result.getQueueOffset() + 1);
            check(!result.getMsgId().isEmpty() && !result.getOffsetMsgId().isEmpty(), "a message id is empty");
            bodies.add(body);
        }
        checkEquals(4, nextOffsets.size(), "queues of the topic made on first use");
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        return "100 sent to 4 queues and stored";
    }

    private static String async(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        Queue<String> answered = new ConcurrentLinkedQueue<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            String body = "async-" + i;
            bodies.add(body);
            producer.send(new Message(scope.topic(), bytes(body)), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    answered.add(sent(result).getMsgId());
                }

                @Override
                public void onException(Throwable failure) {
                    failures.add(failure);
                }
            });
        }
        Scope.await(() -> answered.size() + failures.size() == 500, () -> answered.size() + " of 500 answered");
        check(failures.isEmpty(), failures.size() + " failed: " + failures.peek());
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        return "500 answered and stored";
    }

    private static String oneway(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        List<String> bodies = new ArrayList<>(List.of("first"));
        for (int i = 0; i < 200; i++) {
            producer.sendOneway(new Message(scope.topic(), bytes("oneway-" + i)));
            bodies.add("oneway-" + i);
        }
        Scope.await(() -> StoredMessages.of(scope, scope.topic()).size() >= 201,
            () -> StoredMessages.of(scope, scope.topic()).size() + " of 201 stored");
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        return "200 stored";
    }

    private static String batch(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> bodies = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            List<Message> batch = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                String body = "batch-" + round + "-" + i;
                Message message = new Message(scope.topic(), "tag" + i % 2, "key-" + body, bytes(body));
                message.putUserProperty("index", String.valueOf(i));
                batch.add(message);
                bodies.add(body);
            }
            SendResult result = sent(producer.send(batch));
            checkEquals(32, result.getOffsetMsgId().split(",").length, "offset message ids of a batch");
            checkEquals(32, result.getMsgId().split(",").length, "message ids of a batch");
        }
        Collector stored = StoredMessages.of(scope, scope.topic());
        stored.checkExactly(bodies);
        for (String body : bodies) {
            checkEquals("key-" + body, stored.message(body).getKeys(), "keys");
            checkEquals(body.substring(body.lastIndexOf('-') + 1), stored.message(body).getUserProperty("index"), "property index");
        }
        return "10 batches of 32 stored, each message with its own key and properties";
    }
}
