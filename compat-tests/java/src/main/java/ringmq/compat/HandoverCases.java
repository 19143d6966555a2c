package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;
import static ringmq.compat.Scope.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** A store that one broker leaves and another one takes up. What the runner is asked for ends one broker and starts the other in the same folder. */
@SuppressWarnings("deprecation")
final class HandoverCases {
    private static final int UPDATE_CONSUMER_OFFSET = 15;
    private static final int UPDATE_AND_CREATE_TOPIC = 17;
    private static final int UPDATE_AND_CREATE_SUBSCRIPTIONGROUP = 200;
    /** What brokers answer at most to a query by key. Java: maxMsgsNumBatch. */
    private static final int QUERIED_MAX = 64;
    private static final int KEYS_ASKED = 60;
    private static final int IDS_ASKED = 60;
    private static final int SQL_LAST = 40;
    private static final int ROUND = 1_000;
    private static final int SENDERS = 4;
    private static final int UNDER_LOAD = 1_500;

    private HandoverCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("handover-every-kind", HandoverCases::everyKind);
        cases.put("handover-thrice", HandoverCases::thrice);
        cases.put("handover-killed", HandoverCases::killed);
        cases.put("handover-locked", HandoverCases::locked);
    }

    private static String everyKind(Scope scope) throws Exception {
        EveryKind load = new EveryKind(scope);
        load.fill();
        configure(scope);
        Collector bySql = new Collector();
        consumeBySql(scope, bySql, SQL_LAST);
        String halfWay = scope.group() + "_half";
        Map<MessageQueue, Long> offsets = commitHalf(scope, halfWay);
        load.sendWaiting();
        // The index is filled a moment after the answer: its last key is asked for until it is there.
        StoreQueries answersBefore = ask(scope, load, halfWay);
        StoreSnapshot before = StoreSnapshot.take(scope, scope.topic());
        check(before.messages() > EveryKind.ALL, before.messages() + " messages before the handover");
        checkEquals(EveryKind.LONG_NAMED, before.messages(load.longTopic()), "messages of the long topic");

        long left = System.currentTimeMillis();
        scope.ask("hand over SIGTERM");
        StoreSnapshot.take(scope, scope.topic()).checkHolds(before);
        ask(scope, load, halfWay).checkSame(answersBefore);

        consumeFrom(scope, halfWay, offsets);
        consumeByTag(scope);
        load.consumeDelayed();
        load.awaitDelayed();
        long waited = load.delayed.bodies().stream().filter(body -> load.delayed.message(body).getStoreTimestamp() >= left).count();
        check(waited >= EveryKind.FAR_AWAY, waited + " delayed messages came after the handover");
        load.awaitDecided();
        load.awaitRetried();
        sendOn(scope);
        consumeBySql(scope, bySql, 2 * SQL_LAST);
        scope.ask("end");
        scope.ask("every kind");
        return EveryKind.ALL + " messages sent, " + before.messages() + " stored ones read back the same and " + answersBefore.size()
            + " queries answered the same after the handover; " + waited + " delayed ones came after it, "
            + EveryKind.UNDECIDED + " undecided ones were committed, " + EveryKind.RETRIED + " came back to be retried";
    }

    /** A topic and a group that differ from the defaults in what can be set. */
    private static void configure(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        Map<String, String> topic = Map.of("topic", scope.topic("set"), "defaultTopic", "TBW102", "readQueueNums", "7", "writeQueueNums", "5",
            "perm", "4", "topicFilterType", "SINGLE_TAG", "topicSysFlag", "0", "order", "true");
        checkEquals(0, raw.call(scope.broker(), UPDATE_AND_CREATE_TOPIC, topic, null).getCode(), "code of the topic's making");
        String half = "{\"groupName\":\"" + scope.group() + "_half\"}";
        checkEquals(0, raw.call(scope.broker(), UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Map.of(), bytes(half)).getCode(), "code of the other group's making");
        String group = "{\"groupName\":\"" + scope.group() + "_set\",\"consumeEnable\":true,\"consumeFromMinEnable\":false,\"consumeBroadcastEnable\":false,"
            + "\"retryQueueNums\":3,\"retryMaxTimes\":5,\"brokerId\":0,\"whichBrokerWhenConsumeSlowly\":1,\"notifyConsumerIdsChangedEnable\":false}";
        checkEquals(0, raw.call(scope.broker(), UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Map.of(), bytes(group)).getCode(), "code of the group's making");
    }

    /** One that is not for all: its group's filter is kept by the broker. Goes on where it was when it is started again. */
    private static void consumeBySql(Scope scope, Collector collector, int last) throws Exception {
        DefaultMQProducer producer = scope.producer();
        String topic = scope.topic("sql");
        Scope.await(() -> EveryKind.isMade(scope, producer, topic), () -> topic + " is not there");
        List<String> expected = new ArrayList<>();
        for (int i = last - SQL_LAST; i < last; i++) {
            Message message = new Message(topic, "tag", "key-" + i, bytes("sql-" + i));
            message.putUserProperty("i", String.valueOf(i));
            sent(producer.send(message));
        }
        for (int i = 0; i < last; i += 2) {
            expected.add("sql-" + i);
        }
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group() + "_sql");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        StringBuilder even = new StringBuilder("i IN ('0'");
        for (int i = 2; i < 2 * SQL_LAST; i += 2) {
            even.append(",'").append(i).append('\'');
        }
        consumer.subscribe(topic, MessageSelector.bySql(even + ")"));
        consumer.registerMessageListener(collector);
        consumer.start();
        collector.awaitAll(expected);
        Scope.awaitConsumed(consumer, topic, last - 1);
        consumer.shutdown();
        collector.checkExactly(expected);
    }

    /** Has a group at the middle of every queue. */
    private static Map<MessageQueue, Long> commitHalf(Scope scope, String group) throws Exception {
        Map<MessageQueue, Long> offsets = new ConcurrentHashMap<>();
        RawClient raw = scope.rawClient();
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        for (MessageQueue queue : consumer.fetchSubscribeMessageQueues(scope.topic())) {
            long offset = consumer.maxOffset(queue) / 2 + queue.getQueueId();
            offsets.put(queue, offset);
            Map<String, String> fields = Map.of("consumerGroup", group, "topic", scope.topic(), "queueId", String.valueOf(queue.getQueueId()),
                "commitOffset", String.valueOf(offset));
            checkEquals(0, raw.call(scope.broker(), UPDATE_CONSUMER_OFFSET, fields, null).getCode(), "code of the commit");
        }
        consumer.shutdown();
        return offsets;
    }

    private static StoreQueries ask(Scope scope, EveryKind load, String group) throws Exception {
        List<String> keys = new ArrayList<>(List.of("raw", "all-7", "key-" + (EveryKind.PLAIN - 1)));
        List<SendResult> sent = new ArrayList<>();
        for (int i = 0; i < KEYS_ASKED; i++) {
            keys.add("key-" + i * EveryKind.PLAIN / KEYS_ASKED);
        }
        for (int i = 0; i < IDS_ASKED; i++) {
            sent.add(load.plain.get(i * (EveryKind.PLAIN + EveryKind.LARGE) / IDS_ASKED));
        }
        var admin = scope.admin();
        Scope.await(() -> {
            try {
                return admin.queryMessage(scope.topic(), keys.get(2), 1, 0, Long.MAX_VALUE).getMessageList().size() == 1
                    && admin.queryMessage(scope.topic(), "raw", QUERIED_MAX, 0, Long.MAX_VALUE).getMessageList().size() == QUERIED_MAX;
            } catch (Exception notYet) {
                return false;
            }
        }, () -> "the last keys are not in the index");
        return StoreQueries.ask(scope, scope.topic(), keys, sent, List.of(group));
    }

    /** The group gets all from where it was on, each once. */
    private static void consumeFrom(Scope scope, String group, Map<MessageQueue, Long> offsets) throws Exception {
        Set<String> received = ConcurrentHashMap.newKeySet();
        AtomicInteger count = new AtomicInteger();
        DefaultMQPullConsumer pull = scope.pullConsumer();
        long expected = 0;
        for (Map.Entry<MessageQueue, Long> queue : offsets.entrySet()) {
            expected += pull.maxOffset(queue.getKey()) - queue.getValue();
        }
        pull.shutdown();
        long all = expected;
        DefaultMQPushConsumer consumer = scope.newPushConsumer(group);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener((org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(message -> {
                received.add(message.getQueueId() + "/" + message.getQueueOffset());
                count.incrementAndGet();
            });
            return org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Scope.await(() -> received.size() >= all, () -> received.size() + " of " + all + " from the middle on");
        consumer.shutdown();
        checkEquals((int) all, count.get(), "messages from the middle on");
        offsets.forEach((queue, offset) -> {
            check(received.contains(queue.getQueueId() + "/" + offset), "the message at the group's offset did not come");
            check(!received.contains(queue.getQueueId() + "/" + (offset - 1)), "the message before the group's offset came again");
        });
    }

    /** A group that is new takes one tag of four from the queues' beginning. */
    private static void consumeByTag(Scope scope) throws Exception {
        Collector received = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group() + "_tag");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(scope.topic(), "tag-1");
        consumer.registerMessageListener(received);
        consumer.start();
        int expected = (EveryKind.PLAIN + EveryKind.LARGE) / 4;
        Scope.await(() -> received.size() >= expected, () -> received.size() + " of " + expected + " by tag");
        consumer.shutdown();
        checkEquals(expected, received.size(), "messages by tag");
        received.bodies().forEach(body -> checkEquals("tag-1", received.message(body).getTags(), "tag of " + body));
    }

    /** The queues go on without a gap. */
    private static void sendOn(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        for (MessageQueue queue : producer.fetchPublishMessageQueues(scope.topic())) {
            long next = consumer.maxOffset(queue);
            for (int i = 0; i < 100; i++) {
                checkEquals(next + i, sent(producer.send(new Message(scope.topic(), "on", "on-" + i, bytes("on-" + i)), queue)).getQueueOffset(), "next offset");
            }
        }
        consumer.shutdown();
    }

    private static String thrice(Scope scope) throws Exception {
        Collector received = new Collector();
        List<String> bodies = new ArrayList<>();
        Collector even = new Collector();
        DefaultMQProducer producer = scope.producer();
        Scope.await(() -> EveryKind.isMade(scope, producer, scope.topic()), () -> "the topic is not there");
        for (int turn = 0; turn < 4; turn++) {
            bodies.addAll(sendRound(producer, scope.topic(), "turn-" + turn + "-consumed", ROUND));
            goOn(scope, received, scope.group(), "*", bodies, bodies.size());
            List<String> evenBodies = bodies.stream().filter(body -> body.endsWith("even")).toList();
            goOn(scope, even, scope.group() + "_even", "even", evenBodies, bodies.size());
            bodies.addAll(sendRound(producer, scope.topic(), "turn-" + turn + "-left", ROUND));
            if (turn < 3) {
                scope.ask("hand over SIGTERM");
                Scope.await(() -> canSend(producer, scope.topic("probe")), () -> "no messages taken after the handover");
            }
        }
        goOn(scope, received, scope.group(), "*", bodies, bodies.size());
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        scope.ask("end");
        return bodies.size() + " messages in four turns, consumed once each by groups that went on where they were, " + even.size() + " of them by tag";
    }

    private static boolean canSend(DefaultMQProducer producer, String topic) {
        try {
            return producer.send(new Message(topic, bytes("probe"))).getSendStatus() == SendStatus.SEND_OK;
        } catch (Exception notYet) {
            return false;
        }
    }

    private static List<String> sendRound(DefaultMQProducer producer, String topic, String prefix, int count) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String body = prefix + "-" + i + (i % 2 == 0 ? "-even" : "-odd");
            sent(producer.send(new Message(topic, i % 2 == 0 ? "even" : "odd", "key-" + body, bytes(body))));
            bodies.add(body);
        }
        return bodies;
    }

    /** A consumer of the group takes all that is there, and leaves with its offsets kept. */
    private static void goOn(Scope scope, Collector received, String group, String tags, List<String> expected, long stored) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(group);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(scope.topic(), tags);
        consumer.registerMessageListener(received);
        consumer.start();
        received.awaitAll(expected);
        // By tag the offset passes over the rest of what the pull looked at only when something comes behind it.
        boolean isAll = tags.equals("*");
        if (isAll) {
            scope.leave(consumer, group, scope.topic(), stored);
        } else {
            consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
            consumer.shutdown();
        }
        received.checkExactly(expected);
    }

    private static String killed(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.newProducer();
        producer.setRetryTimesWhenSendFailed(0);
        producer.setSendMsgTimeout(3_000);
        producer.start();
        Scope.await(() -> EveryKind.isMade(scope, producer, scope.topic()), () -> "the topic is not there");
        Map<String, SendResult> acknowledged = new ConcurrentHashMap<>();
        AtomicInteger refused = new AtomicInteger();
        AtomicBoolean stopped = new AtomicBoolean();
        Set<String> beforeLastKill = Set.of();
        List<Thread> senders = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            String prefix = "sender-" + sender + "-";
            Thread thread = new Thread(() -> sendUntil(stopped, producer, scope.topic(), prefix, acknowledged, refused));
            thread.start();
            senders.add(thread);
        }
        try {
            // Either is killed under load, and either takes up what the other left.
            for (int turn = 0; turn < 4; turn++) {
                int atReturn = acknowledged.size();
                Scope.await(() -> acknowledged.size() >= atReturn + UNDER_LOAD, () -> acknowledged.size() - atReturn + " acknowledged in this turn");
                if (turn < 3) {
                    scope.ask("hand over SIGKILL");
                    beforeLastKill = Set.copyOf(acknowledged.keySet());
                }
            }
        } finally {
            stopped.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
        }
        int stored = checkStored(scope, acknowledged);
        // Apache's broker does not put all keys of before a kill into its index again.
        Set<String> ofLastTurn = new TreeSet<>(acknowledged.keySet());
        ofLastTurn.removeAll(beforeLastKill);
        checkKeys(scope, ofLastTurn);
        scope.ask("hand over SIGTERM");
        checkEquals(stored, checkStored(scope, acknowledged), "messages stored after the last handover");
        checkKeys(scope, ofLastTurn);
        return acknowledged.size() + " acknowledged over three kills, " + refused.get() + " refused meanwhile, " + stored
            + " stored, each acknowledged one at its offset, those since the last kill found by their keys";
    }

    private static void sendUntil(AtomicBoolean stopped, DefaultMQProducer producer, String topic, String prefix, Map<String, SendResult> acknowledged,
        AtomicInteger refused) {
        for (int i = 0; !stopped.get(); i++) {
            String body = prefix + i + "-" + "x".repeat(i % 1_500);
            try {
                SendResult result = producer.send(new Message(topic, "tag", "key-" + prefix + i, bytes(body)));
                if (result.getSendStatus() == SendStatus.SEND_OK) {
                    acknowledged.put(body, result);
                }
            } catch (Exception failure) {
                refused.incrementAndGet();
            }
        }
    }

    /** How many are stored; each that was acknowledged is where it was said to be. */
    private static int checkStored(Scope scope, Map<String, SendResult> acknowledged) throws Exception {
        Collector stored = StoredMessages.of(scope, scope.topic());
        Set<String> missing = new TreeSet<>();
        acknowledged.forEach((body, result) -> {
            var message = stored.message(body);
            boolean isThere = message != null && message.getQueueId() == result.getMessageQueue().getQueueId()
                && message.getQueueOffset() == result.getQueueOffset();
            if (!isThere) {
                missing.add(body.substring(0, Math.min(body.length(), 20)) + " at " + result.getMessageQueue().getQueueId() + "/" + result.getQueueOffset());
            }
        });
        check(missing.isEmpty(), missing.size() + " acknowledged messages are not where they were said to be, such as " + missing.stream().limit(3).toList());
        return stored.size();
    }

    private static void checkKeys(Scope scope, Set<String> bodies) throws Exception {
        var admin = scope.admin();
        int step = Math.max(1, bodies.size() / 100);
        int number = 0;
        for (String body : bodies) {
            if (number++ % step != 0) {
                continue;
            }
            String key = "key-" + body.substring(0, body.indexOf('-', "sender-0-".length()));
            Scope.await(() -> {
                try {
                    return admin.queryMessage(scope.topic(), key, 32, 0, Long.MAX_VALUE).getMessageList().stream()
                        .anyMatch(message -> text(message.getBody()).equals(body));
                } catch (Exception notYet) {
                    return false;
                }
            }, () -> "not found by its key: " + key);
        }
    }

    /** A second broker that tries in vain must not harm what the first one has, and goes on writing. */
    private static String locked(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        Scope.await(() -> EveryKind.isMade(scope, producer, scope.topic()), () -> "the topic is not there");
        List<String> bodies = new ArrayList<>(sendRound(producer, scope.topic(), "before", ROUND));
        scope.ask("other is refused");
        if (scope.parameter("makers").equals("same")) {
            return "refused; what the first one holds is not looked at, for a second one of Apache's harms it before it is refused";
        }
        // More than a segment: a file that the second one had removed would be missed here.
        bodies.addAll(sendRound(producer, scope.topic(), "x".repeat(8_000), ROUND));
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        scope.ask("hand over SIGKILL");
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        bodies.addAll(sendRound(producer, scope.topic(), "after", ROUND));
        scope.ask("other is refused");
        scope.ask("hand over SIGTERM");
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        scope.ask("end");
        return bodies.size() + " messages, none missing";
    }
}
