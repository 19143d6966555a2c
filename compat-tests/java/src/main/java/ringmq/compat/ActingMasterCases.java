package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.sent;
import static ringmq.compat.Scope.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** A master is lost, its slave acts for it, and the master comes back. */
final class ActingMasterCases {
    private static final String BROKER_NAME = "compat-broker";
    private static final String HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";
    private static final String SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";
    private static final int GET_ROUTE = 105;
    private static final int QUERY_CONSUMER_OFFSET = 14;
    private static final int GET_MAX_OFFSET = 30;
    private static final int GET_TOPIC_CONFIG = 351;
    private static final int GET_BROKER_HA_STATUS = 907;
    private static final int QUEUES = 4;
    private static final int EACH = 40;
    private static final int TRANSACTIONS = 10;
    /** Of the default levels, that of 30 s: the slave notices the loss well before. */
    private static final int DELAY_LEVEL = 4;
    private static final long DELAY_MS = 30_000;
    /** Apache's slave takes over the master's tables every minute. */
    private static final long SLAVE_WAIT_MS = 150_000;

    private ActingMasterCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("acting-master", scope -> actingMaster(scope, true));
        cases.put("acting-master-offsets", scope -> actingMaster(scope, false));
    }

    /** With a consumer that lives through it all, or with one that knows of its group's offsets only what brokers tell it. */
    private static String actingMaster(Scope scope, boolean isConsumerAlive) throws Exception {
        Run run = new Run(scope, isConsumerAlive);
        run.prepare();
        run.loseMaster();
        String late = run.serveWithoutMaster();
        run.bringMasterBack();
        return late;
    }

    /** The undecided transactions of one producer; asked about them it decides once it may. */
    private static final class Undecided implements TransactionListener {
        final AtomicBoolean mayDecide = new AtomicBoolean();

        @Override
        public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
            return LocalTransactionState.UNKNOW;
        }

        @Override
        public LocalTransactionState checkLocalTransaction(MessageExt message) {
            if (!mayDecide.get()) {
                return LocalTransactionState.UNKNOW;
            }
            boolean commits = text(message.getBody()).startsWith("commit");
            return commits ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
        }
    }

    /** One run of the case. */
    private static final class Run {
        private final Scope scope;
        private final boolean isConsumerAlive;
        private final RawClient raw;
        private final String topic;
        /** On the master alone at first, so that its half messages are there. */
        private final String transactionTopic;
        private final Undecided undecided = new Undecided();
        private final Collector received = new Collector();
        private final List<String> expected = new ArrayList<>();
        private final List<String> delayed = new ArrayList<>();
        private DefaultMQProducer producer;
        private DefaultMQPushConsumer consumer;

        Run(Scope scope, boolean isConsumerAlive) {
            this.scope = scope;
            this.isConsumerAlive = isConsumerAlive;
            raw = scope.rawClient();
            topic = scope.topic();
            transactionTopic = scope.topic("tx");
        }

        void prepare() throws Exception {
            awaitSlave();
            createTopic(scope.broker(), topic);
            createTopic(scope.parameter("other"), topic);
            createTopic(scope.broker(), transactionTopic);
            // On a busy machine Apache's broker may serve ten seconds before it registers.
            awaitRoute(scope.parameter("other"), topic, "the other master is not registered");
            producer = scope.producer();
            consumeBefore();
            Map<String, String> fields = Map.of("topic", transactionTopic);
            Scope.await(SLAVE_WAIT_MS, () -> raw.call(scope.parameter("slave"), GET_TOPIC_CONFIG, fields, null).getCode() == 0,
                () -> "the slave does not know the topic");
            expected.addAll(sendToMaster("kept"));
            TransactionMQProducer transactions = scope.newTransactionProducer();
            transactions.setTransactionListener(undecided);
            transactions.setProducerGroup("transactions_" + scope.parameter("id"));
            transactions.start();
            for (int i = 0; i < TRANSACTIONS; i++) {
                sent(transactions.sendMessageInTransaction(new Message(transactionTopic, bytes("commit-" + i)), null));
                sent(transactions.sendMessageInTransaction(new Message(transactionTopic, bytes("rollback-" + i)), null));
                expected.add("commit-" + i);
            }
            for (int i = 0; i < EACH; i++) {
                Message message = new Message(topic, bytes("delayed-" + i));
                message.setDelayTimeLevel(DELAY_LEVEL);
                sent(producer.send(message, new MessageQueue(topic, BROKER_NAME, i % QUEUES)));
                delayed.add("delayed-" + i);
            }
            expected.addAll(delayed);
            awaitSameEnd(HALF_TOPIC, 0);
            awaitSameEnd(SCHEDULE_TOPIC, DELAY_LEVEL - 1);
            for (int queue = 0; queue < QUEUES; queue++) {
                awaitSameEnd(topic, queue);
            }
        }

        /** A consumer that lives on is held up, and one that does not has committed what it has consumed. */
        private void consumeBefore() throws Exception {
            Collector first = isConsumerAlive ? received : new Collector();
            List<String> consumed = sendToMaster("consumed");
            DefaultMQPushConsumer before = start(first);
            first.awaitAll(consumed);
            Scope.awaitConsumed(before, topic, EACH);
            if (isConsumerAlive) {
                consumer = before;
                consumer.suspend();
                expected.addAll(consumed);
                return;
            }
            before.shutdown();
            awaitOffsets(scope.broker(), EACH);
            awaitOffsets(scope.parameter("slave"), EACH);
        }

        void loseMaster() throws Exception {
            scope.ask("kill master");
            undecided.mayDecide.set(true);
            awaitRoute(scope.parameter("slave"), topic, "the slave is not shown as the master");
            String route = routeOf(topic);
            check(route.contains("\"perm\":4"), "the lost master's queues can be written: " + route);
            createTopic(scope.parameter("other"), transactionTopic);
            awaitRoute(scope.parameter("other"), transactionTopic, "the other master has not registered its topic");
        }

        /** Everything that was at the lost master comes, from its slave or through the other master. */
        String serveWithoutMaster() throws Exception {
            if (isConsumerAlive) {
                consumer.resume();
            } else {
                consumer = start(received);
            }
            List<String> during = scope.send(scope.producer(), topic, "during", EACH);
            expected.addAll(during);
            received.awaitAll(expected);
            received.checkSame(expected);
            long lateMsMax = 0;
            for (String body : delayed) {
                MessageExt message = received.message(body);
                long waitedMs = message.getStoreTimestamp() - message.getBornTimestamp();
                check(waitedMs >= DELAY_MS, body + " waited " + waitedMs + " ms");
                lateMsMax = Math.max(lateMsMax, waitedMs - DELAY_MS);
            }
            awaitOffsets(scope.parameter("slave"), 2 * EACH);
            return delayed.size() + " delayed messages, the latest " + lateMsMax + " ms late; " + TRANSACTIONS
                + " transactions asked about and committed, as many rolled back; " + during.size() + " sent meanwhile";
        }

        void bringMasterBack() throws Exception {
            scope.ask("start master");
            awaitRoute(scope.broker(), topic, "the master is not back");
            long offsets = offsetsAt(scope.broker());
            check(isConsumerAlive || offsets >= 2 * EACH, "offsets went back to " + offsets + " of " + 2 * EACH);
            producer = scope.producer(); // the one from before may still take the slave for the master
            expected.addAll(sendToMaster("after"));
            received.awaitAll(expected);
            received.checkSame(expected);
            // A master that asked nobody delivers again what its slave delivered for it.
            Scope.await(SLAVE_WAIT_MS, () -> offsetsAt(scope.broker()) >= 3 * EACH,
                () -> offsetsAt(scope.broker()) + " of " + 3 * EACH + " committed");
        }

        private void createTopic(String address, String name) throws Exception {
            scope.admin().createAndUpdateTopicConfig(address, new TopicConfig(name, QUEUES, QUEUES, 6));
        }

        private DefaultMQPushConsumer start(Collector collector) throws Exception {
            DefaultMQPushConsumer started = scope.newPushConsumer(scope.group());
            started.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
            started.setPollNameServerInterval(1_000);
            started.subscribe(topic, "*");
            started.subscribe(transactionTopic, "*");
            started.registerMessageListener(collector);
            started.start();
            return started;
        }

        private List<String> sendToMaster(String prefix) throws Exception {
            List<String> bodies = new ArrayList<>();
            for (int i = 0; i < EACH; i++) {
                String body = prefix + "-" + i;
                sent(producer.send(new Message(topic, bytes(body)), new MessageQueue(topic, BROKER_NAME, i % QUEUES)));
                bodies.add(body);
            }
            return bodies;
        }

        private void awaitSlave() throws Exception {
            Scope.await(SLAVE_WAIT_MS, () -> {
                RemotingCommand status = raw.call(scope.broker(), GET_BROKER_HA_STATUS, Map.of(), null);
                String body = status.getBody() == null ? "" : text(status.getBody());
                return body.contains("\"slaveAckOffset\":") && !body.contains("\"slaveAckOffset\":-1");
            }, () -> "no slave has said where it is");
        }

        /** The group's offsets in the lost master's queues, as this broker has them. */
        private long offsetsAt(String address) throws Exception {
            long sum = 0;
            for (int queue = 0; queue < QUEUES; queue++) {
                Map<String, String> fields = Map.of("consumerGroup", scope.group(), "topic", topic, "queueId", String.valueOf(queue));
                RemotingCommand answer = raw.call(address, QUERY_CONSUMER_OFFSET, fields, null);
                sum += answer.getCode() == 0 ? Long.parseLong(answer.getExtFields().get("offset")) : 0;
            }
            return sum;
        }

        private void awaitOffsets(String address, long sum) throws Exception {
            Scope.await(SLAVE_WAIT_MS, () -> offsetsAt(address) == sum, () -> offsetsAt(address) + " of " + sum + " committed at " + address);
        }

        /** The slave has what the master has of a queue. */
        private void awaitSameEnd(String name, int queue) throws Exception {
            Callable<String> ends = () -> endAt(scope.broker(), name, queue) + " and " + endAt(scope.parameter("slave"), name, queue);
            Scope.await(() -> endAt(scope.broker(), name, queue).equals(endAt(scope.parameter("slave"), name, queue)),
                () -> "queue " + queue + " of " + name + " ends at " + ends.call());
        }

        private String endAt(String address, String name, int queue) throws Exception {
            Map<String, String> fields = Map.of("topic", name, "queueId", String.valueOf(queue));
            return raw.call(address, GET_MAX_OFFSET, fields, null).getExtFields().get("offset");
        }

        private String routeOf(String name) throws Exception {
            Map<String, String> fields = Map.of("topic", name, "acceptStandardJsonOnly", "true");
            RemotingCommand answer = raw.call(scope.nameServer(), GET_ROUTE, fields, null);
            return answer.getBody() == null ? "" : text(answer.getBody());
        }

        /** Waits until this address is shown as a master that has the topic. */
        private void awaitRoute(String address, String name, String otherwise) throws Exception {
            Scope.await(SLAVE_WAIT_MS, () -> routeOf(name).contains("\"0\":\"" + address + "\""),
                () -> otherwise + ": " + routeOf(name));
        }
    }
}
