package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** The broker goes away in the middle of a producer's run and comes back: nothing that was acknowledged is missing. */
final class RestartCases {
    private static final int SENDERS = 4;
    private static final int BEFORE = 1_000;
    private static final int AFTER = 1_000;
    private static final long AWAY_MS = 60_000;

    private RestartCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("restart-sigterm", scope -> restart(scope, "restart SIGTERM"));
        cases.put("restart-sigkill", scope -> restart(scope, "restart SIGKILL"));
    }

    private static String restart(Scope scope, String action) throws Exception {
        DefaultMQProducer producer = scope.newProducer();
        producer.setRetryTimesWhenSendFailed(0);
        producer.setSendMsgTimeout(3_000);
        producer.start();
        scope.createTopicBySending(producer, scope.topic());

        Map<String, SendResult> acknowledged = new ConcurrentHashMap<>();
        AtomicInteger failed = new AtomicInteger();
        AtomicBoolean stopped = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            String prefix = "sender-" + sender + "-";
            Thread thread = new Thread(() -> sendUntil(stopped, producer, scope.topic(), prefix, acknowledged, failed));
            thread.start();
            senders.add(thread);
        }
        try {
            Scope.await(() -> acknowledged.size() >= BEFORE, () -> acknowledged.size() + " acknowledged before the restart");
            scope.ask(action);
            int atReturn = acknowledged.size();
            Scope.await(AWAY_MS, () -> acknowledged.size() >= atReturn + AFTER,
                () -> acknowledged.size() - atReturn + " acknowledged after the restart");
        } finally {
            stopped.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
        }
        checkStored(StoredMessages.of(scope, scope.topic()), acknowledged);
        return acknowledged.size() + " acknowledged, " + failed + " refused meanwhile, none missing";
    }

    private static void sendUntil(AtomicBoolean stopped, DefaultMQProducer producer, String topic, String prefix,
        Map<String, SendResult> acknowledged, AtomicInteger failed) {
        for (int i = 0; !stopped.get(); i++) {
            String body = prefix + i;
            try {
                SendResult result = producer.send(new Message(topic, bytes(body)));
                if (result.getSendStatus() == SendStatus.SEND_OK) {
                    acknowledged.put(body, result);
                }
            } catch (Exception refused) {
                failed.incrementAndGet();
            }
        }
    }

    private static void checkStored(Collector stored, Map<String, SendResult> acknowledged) {
        List<String> missing = new ArrayList<>();
        acknowledged.forEach((body, result) -> {
            MessageExt message = stored.message(body);
            boolean there = message != null && message.getQueueId() == result.getMessageQueue().getQueueId()
                && message.getQueueOffset() == result.getQueueOffset();
            if (!there) {
                missing.add(body + " at " + result.getMessageQueue().getQueueId() + "/" + result.getQueueOffset());
            }
        });
        check(missing.isEmpty(), missing.size() + " acknowledged messages are not where they were said to be, such as "
            + missing.stream().limit(3).toList());
    }
}
