package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** Consumption in order: across rebalances, a consumer's crash and the broker's, with retries, to the dead letters; ordered topics. */
final class OrderCases {
    private static final int QUEUES = 4;
    private static final int GET_TOPIC_CONFIG = 351;
    private static final int ROUNDS = 20;
    /** A lock that is not renewed holds for 60 s, and a consumer that waits for it looks every 20 s. */
    private static final long LOCK_EXPIRY_MS = 150_000;

    private OrderCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("order-rebalance", OrderCases::rebalance);
        cases.put("order-crash", OrderCases::crash);
        cases.put("order-broker-restart", OrderCases::brokerRestart);
        cases.put("order-suspend", OrderCases::suspend);
        cases.put("order-given-up", OrderCases::givenUp);
        cases.put("order-topic-conf", OrderCases::topicConf);
    }

    /** Not from the last offset: an orderly consumer asks where that is when it has its locks, and what was sent by then would be left out. */
    private static DefaultMQPushConsumer newConsumer(Scope scope) {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        return consumer;
    }

    /** A started orderly consumer of numbered messages, entered in the log. */
    private static DefaultMQPushConsumer startNumbered(Scope scope, OrderLog log) throws Exception {
        DefaultMQPushConsumer consumer = newConsumer(scope);
        consumer.setAwaitTerminationMillisWhenShutdown(10_000);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            messages.forEach(message -> {
                log.enter(message.getQueueId(), consumer);
                log.add(message.getQueueId(), Integer.parseInt(Scope.text(message.getBody())));
                log.leave(message.getQueueId());
            });
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        return consumer;
    }

    private static NumberedSender startSender(Scope scope, DefaultMQProducer producer) throws Exception {
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        NumberedSender sender = new NumberedSender(producer, scope.topic());
        sender.start();
        return sender;
    }

    private static void awaitProgress(OrderLog log) throws Exception {
        int before = log.deliveries();
        Scope.await(LOCK_EXPIRY_MS, () -> log.deliveries() >= before + ROUNDS * QUEUES, () -> log.deliveries() - before + " delivered; " + log);
    }

    private static String finish(OrderLog log, NumberedSender sender, long limitMs) throws Exception {
        Map<Integer, Integer> sent = sender.finish();
        Scope.await(limitMs, () -> log.isAt(sent), () -> log + ", sent up to " + sent);
        log.checkOrder();
        return log.deliveries() + " in order, " + log.redelivered() + " of them again";
    }

    private static String rebalance(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        NumberedSender sender = startSender(scope, producer);
        OrderLog log = new OrderLog();
        DefaultMQPushConsumer first = startNumbered(scope, log);
        PushCases.awaitQueues(first, scope.topic(), QUEUES);
        awaitProgress(log);
        DefaultMQPushConsumer second = startNumbered(scope, log);
        PushCases.awaitQueues(first, scope.topic(), QUEUES / 2);
        PushCases.awaitQueues(second, scope.topic(), QUEUES / 2);
        awaitProgress(log);
        second.shutdown();
        PushCases.awaitQueues(first, scope.topic(), QUEUES);
        awaitProgress(log);
        return finish(log, sender, LOCK_EXPIRY_MS) + ", while a second consumer joined and left";
    }

    private static String crash(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        NumberedSender sender = startSender(scope, producer);
        OrderLog log = new OrderLog();
        DefaultMQPushConsumer first = startNumbered(scope, log);
        PushCases.awaitQueues(first, scope.topic(), QUEUES);
        awaitProgress(log);

        AtomicInteger byWorker = new AtomicInteger();
        Process worker = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), "-Xmx128m", "-XX:+UseSerialGC",
            "-Duser.home=/tmp", "-cp", System.getProperty("java.class.path"), OrderWorker.class.getName(), scope.nameServer(), scope.topic(),
            scope.group()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread reader = new Thread(() -> readWorker(worker, log, byWorker));
        try {
            reader.start();
            Scope.await(() -> byWorker.get() >= ROUNDS * QUEUES / 2, () -> byWorker + " delivered to the second process");
        } finally {
            worker.destroyForcibly().waitFor();
        }
        reader.join();
        return finish(log, sender, LOCK_EXPIRY_MS) + ", " + byWorker + " by a process that was killed";
    }

    private static void readWorker(Process worker, OrderLog log, AtomicInteger count) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(worker.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                if (words.length == 3 && words[0].equals("order")) {
                    log.add(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                    count.incrementAndGet();
                }
            }
        } catch (java.io.IOException ended) {
            // The process was killed in the middle of a line, which counts for nothing.
        }
    }

    private static String brokerRestart(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.newProducer();
        producer.setSendMsgTimeout(3_000);
        producer.setRetryTimesWhenSendFailed(0);
        producer.start();
        NumberedSender sender = startSender(scope, producer);
        OrderLog log = new OrderLog();
        DefaultMQPushConsumer consumer = startNumbered(scope, log);
        PushCases.awaitQueues(consumer, scope.topic(), QUEUES);
        awaitProgress(log);
        scope.ask("restart SIGKILL");
        sender.awaitRounds(ROUNDS);
        awaitProgress(log);
        return finish(log, sender, LOCK_EXPIRY_MS) + ", across a broker that was killed and came back";
    }

    private static String suspend(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        List<String> consumed = new CopyOnWriteArrayList<>();
        Map<String, List<Integer>> attempts = new ConcurrentHashMap<>();
        DefaultMQPushConsumer consumer = newConsumer(scope);
        consumer.subscribe(scope.topic(), "numbered");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            context.setSuspendCurrentQueueTimeMillis(50);
            String body = Scope.text(messages.get(0).getBody());
            attempts.computeIfAbsent(body, key -> new CopyOnWriteArrayList<>()).add(messages.get(0).getReconsumeTimes());
            if (isSuspended(body) && attempts.get(body).size() <= 2) {
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            consumed.add(body);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        PushCases.awaitQueues(consumer, scope.topic(), QUEUES);
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        List<String> bodies = new ArrayList<>();
        for (int number = 0; number < 60; number++) {
            sent(producer.send(new Message(scope.topic(), "numbered", bytes("n-" + number)), queue));
            bodies.add("n-" + number);
        }
        Scope.await(() -> consumed.size() >= bodies.size(), () -> consumed.size() + " of 60 consumed");
        checkEquals(bodies, new ArrayList<>(consumed), "what was consumed");
        for (String body : bodies) {
            checkEquals(isSuspended(body) ? List.of(0, 1, 2) : List.of(0), new ArrayList<>(attempts.get(body)), "reconsumeTimes of " + body);
        }
        return "60 in order, 6 of them at the third attempt";
    }

    private static boolean isSuspended(String body) {
        return body.endsWith("7");
    }

    /** The client hands a message that it has given up to its retry topic; the broker knows by the locks that the group is an orderly one. */
    private static String givenUp(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        List<String> consumed = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = newConsumer(scope);
        consumer.setMaxReconsumeTimes(2);
        consumer.subscribe(scope.topic(), "numbered");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            context.setSuspendCurrentQueueTimeMillis(50);
            String body = Scope.text(messages.get(0).getBody());
            consumed.add(body);
            return body.equals("n-5") ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        PushCases.awaitQueues(consumer, scope.topic(), QUEUES);
        MessageQueue queue = producer.fetchPublishMessageQueues(scope.topic()).get(0);
        for (int number = 0; number < 10; number++) {
            sent(producer.send(new Message(scope.topic(), "numbered", bytes("n-" + number)), queue));
        }
        Scope.await(() -> consumed.contains("n-9"), () -> "consumed: " + consumed);
        checkEquals(List.of("n-0", "n-1", "n-2", "n-3", "n-4", "n-5", "n-5", "n-5", "n-6", "n-7", "n-8", "n-9"), new ArrayList<>(consumed),
            "what was consumed");
        Collector dead = StoredMessages.of(scope, "%DLQ%" + scope.group());
        dead.checkExactly(List.of("n-5"));
        checkEquals(scope.topic(), dead.message("n-5").getProperty("RETRY_TOPIC"), "RETRY_TOPIC of the dead letter");
        return "given up after 3 attempts, a dead letter at once, and the queue goes on";
    }

    /** {@code ORDER_TOPIC_CONFIG} of the NameServer decides how many queues producers see, and the broker takes the topic for ordered. */
    private static String topicConf(Scope scope) throws Exception {
        DefaultMQAdminExt admin = scope.admin();
        AdminCases.createTopic(scope, scope.topic(), QUEUES);
        Properties setting = new Properties();
        setting.setProperty("orderMessageEnable", "true");
        admin.updateNameServerConfig(setting, List.of(scope.nameServer()));
        String brokerName = admin.examineTopicRouteInfo(scope.topic()).getBrokerDatas().get(0).getBrokerName();
        admin.createOrUpdateOrderConf(scope.topic(), brokerName + ":2", true);
        checkEquals(brokerName + ":2", admin.examineTopicRouteInfo(scope.topic()).getOrderTopicConf(), "orderTopicConf of the route");
        DefaultMQProducer producer = scope.producer();
        checkEquals(2, producer.fetchPublishMessageQueues(scope.topic()).size(), "queues that producers see");
        RawClient raw = scope.rawClient();
        Map<String, String> topic = Map.of("topic", scope.topic());
        // The broker is told when it registers, every 30 s.
        Scope.await(
            () -> Scope.text(raw.call(scope.broker(), GET_TOPIC_CONFIG, topic, null).getBody()).replace(" ", "").contains("\"order\":true"),
            () -> "the broker does not take the topic for ordered");
        check(producer.send(new Message(scope.topic(), bytes("m")), 3_000).getMessageQueue().getQueueId() < 2, "sent to another queue");
        return "2 of 4 queues by the NameServer's configuration, and the topic is ordered at the broker";
    }
}
