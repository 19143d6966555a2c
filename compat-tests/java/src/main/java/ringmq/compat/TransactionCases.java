package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;
import static ringmq.compat.Scope.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;

/** Messages of transactions: their ends by the producer, by being asked, and by nobody. */
final class TransactionCases {
    private static final String GIVEN_UP_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";
    private static final int IMMUNITY_SECONDS = 8;

    private TransactionCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("transaction-ends", TransactionCases::ends);
        cases.put("transaction-asked", TransactionCases::asked);
        cases.put("transaction-producer-gone", TransactionCases::producerGone);
        cases.put("transaction-immunity", TransactionCases::immunity);
        cases.put("transaction-given-up", TransactionCases::givenUp);
        cases.put("transaction-restart", TransactionCases::restart);
    }

    /** Decides by the body, and counts how often it is asked about each. */
    private static final class Decider implements TransactionListener {
        final Map<String, AtomicInteger> questions = new ConcurrentHashMap<>();
        final Map<String, Long> firstAskedAgeMs = new ConcurrentHashMap<>();
        private final BiFunction<String, Integer, LocalTransactionState> decision;

        /** {@code decision} is given the body and how often it was asked about: 0 for the producer's own end. */
        Decider(BiFunction<String, Integer, LocalTransactionState> decision) {
            this.decision = decision;
        }

        @Override
        public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
            return decision.apply(text(message.getBody()), 0);
        }

        @Override
        public LocalTransactionState checkLocalTransaction(MessageExt message) {
            String body = text(message.getBody());
            firstAskedAgeMs.putIfAbsent(body, System.currentTimeMillis() - message.getBornTimestamp());
            int times = questions.computeIfAbsent(body, key -> new AtomicInteger()).incrementAndGet();
            return decision.apply(body, times);
        }

        int timesAsked(String body) {
            AtomicInteger times = questions.get(body);
            return times == null ? 0 : times.get();
        }
    }

    private static TransactionMQProducer start(Scope scope, TransactionListener listener) throws Exception {
        TransactionMQProducer producer = scope.newTransactionProducer();
        producer.setTransactionListener(listener);
        producer.start();
        return producer;
    }

    private static Collector consume(Scope scope) throws Exception {
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(collector);
        consumer.start();
        return collector;
    }

    private static List<String> begin(Scope scope, TransactionMQProducer producer, String prefix, int count) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String body = prefix + "-" + i;
            sent(producer.sendMessageInTransaction(new Message(scope.topic(), bytes(body)), null));
            bodies.add(body);
        }
        return bodies;
    }

    private static LocalTransactionState byPrefix(String body) {
        return body.startsWith("commit") ? LocalTransactionState.COMMIT_MESSAGE
            : body.startsWith("rollback") ? LocalTransactionState.ROLLBACK_MESSAGE : LocalTransactionState.UNKNOW;
    }

    /** Of a group of its own: the broker asks any producer of a transaction's group, and this one knows of none. */
    private static DefaultMQProducer plainProducer(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.newProducer();
        producer.setProducerGroup("plain_" + scope.parameter("id"));
        producer.start();
        return producer;
    }

    /** Ordinary messages behind them in every queue show that nothing more comes. */
    private static void checkConsumedExactly(Scope scope, Collector received, List<String> bodies) throws Exception {
        DefaultMQProducer plain = plainProducer(scope);
        List<String> expected = new ArrayList<>(bodies);
        expected.addAll(scope.sendToEveryQueue(plain, scope.topic(), "fence"));
        received.awaitAll(expected);
        received.checkExactly(expected);
    }

    private static String ends(Scope scope) throws Exception {
        Decider decider = new Decider((body, times) -> byPrefix(body));
        TransactionMQProducer producer = start(scope, decider);
        List<String> committed = new ArrayList<>();
        Map<String, SendResult> results = new ConcurrentHashMap<>();
        for (int i = 0; i < 50; i++) {
            String body = "commit-" + i;
            Message message = new Message(scope.topic(), "tag" + i % 3, "key-" + i, bytes(body));
            message.setFlag(i);
            message.putUserProperty("index", String.valueOf(i));
            results.put(body, sent(producer.sendMessageInTransaction(message, null)));
            committed.add(body);
            begin(scope, producer, "rollback-" + i, 1);
        }
        Collector received = consume(scope);
        received.awaitAll(committed);
        checkConsumedExactly(scope, received, committed);
        for (String body : committed) {
            MessageExt message = received.message(body);
            String index = body.substring(body.indexOf('-') + 1);
            checkEquals("key-" + index, message.getKeys(), "keys");
            checkEquals("tag" + Integer.parseInt(index) % 3, message.getTags(), "tags");
            checkEquals(Integer.parseInt(index), message.getFlag(), "flag");
            checkEquals(index, message.getUserProperty("index"), "property index");
            checkEquals(results.get(body).getMsgId(), message.getMsgId(), "message id");
            checkEquals(results.get(body).getTransactionId(), message.getMsgId(), "transaction id");
            checkEquals(results.get(body).getMessageQueue().getQueueId(), message.getQueueId(), "queue");
        }
        checkEquals(0, decider.questions.size(), "questions");
        return "50 committed ones consumed once each as they were sent, 50 rolled back ones never";
    }

    private static String asked(Scope scope) throws Exception {
        // Decided when asked for the first time, or for the second one.
        Decider decider = new Decider((body, times) -> times > (body.contains("later") ? 1 : 0) ? byPrefix(body)
            : LocalTransactionState.UNKNOW);
        TransactionMQProducer producer = start(scope, decider);
        List<String> committed = begin(scope, producer, "commit", 20);
        List<String> later = begin(scope, producer, "commit-later", 5);
        List<String> rolledBack = begin(scope, producer, "rollback", 20);
        committed.addAll(later);
        Collector received = consume(scope);
        received.awaitAll(committed);
        Scope.await(() -> decider.questions.keySet().containsAll(rolledBack), () -> "asked only about " + decider.questions.keySet());
        checkConsumedExactly(scope, received, committed);
        for (String body : later) {
            checkEquals(2, decider.timesAsked(body), "questions about " + body);
        }
        return "25 committed when asked, consumed once each; 20 rolled back, never";
    }

    private static String producerGone(Scope scope) throws Exception {
        Decider first = new Decider((body, times) -> LocalTransactionState.UNKNOW);
        Decider second = new Decider((body, times) -> times > 0 ? byPrefix(body) : LocalTransactionState.UNKNOW);
        TransactionMQProducer dying = start(scope, first);
        List<String> bodies = begin(scope, dying, "commit", 10);
        TransactionMQProducer staying = start(scope, second);
        begin(scope, staying, "rollback", 1);
        dying.shutdown();
        Collector received = consume(scope);
        received.awaitAll(bodies);
        checkConsumedExactly(scope, received, bodies);
        return "10 of a producer that is gone were decided by another of its group";
    }

    private static String immunity(Scope scope) throws Exception {
        Decider decider = new Decider((body, times) -> times > 0 ? byPrefix(body) : LocalTransactionState.UNKNOW);
        TransactionMQProducer producer = start(scope, decider);
        Message immune = new Message(scope.topic(), bytes("commit-immune"));
        immune.putUserProperty(MessageConst.PROPERTY_CHECK_IMMUNITY_TIME_IN_SECONDS, String.valueOf(IMMUNITY_SECONDS));
        sent(producer.sendMessageInTransaction(immune, null));
        List<String> bodies = begin(scope, producer, "commit", 3);
        Collector received = consume(scope);
        received.awaitAll(bodies);
        received.awaitAll(List.of("commit-immune"));
        bodies.add("commit-immune");
        checkConsumedExactly(scope, received, bodies);
        long ageMs = decider.firstAskedAgeMs.get("commit-immune");
        check(ageMs > IMMUNITY_SECONDS * 1000L, "asked after " + ageMs + " ms");
        return "asked after its " + IMMUNITY_SECONDS + " s, the others before";
    }

    private static String givenUp(Scope scope) throws Exception {
        Decider decider = new Decider((body, times) -> LocalTransactionState.UNKNOW);
        TransactionMQProducer producer = start(scope, decider);
        List<String> bodies = begin(scope, producer, "unknown", 3);
        DefaultMQProducer plain = plainProducer(scope);
        scope.createTopicBySending(plain, scope.topic());
        Scope.await(() -> bodies.stream().allMatch(body -> decider.timesAsked(body) == 2), () -> "asked " + decider.questions);
        Scope.await(() -> hasRoute(plain) && StoredMessages.of(scope, GIVEN_UP_TOPIC).size() >= bodies.size(),
            () -> "nothing in " + GIVEN_UP_TOPIC);
        Collector stored = StoredMessages.of(scope, GIVEN_UP_TOPIC);
        stored.checkExactly(bodies);
        for (String body : bodies) {
            checkEquals("2", stored.message(body).getProperty(MessageConst.PROPERTY_TRANSACTION_CHECK_TIMES), "times of " + body);
            checkEquals(scope.topic(), stored.message(body).getProperty(MessageConst.PROPERTY_REAL_TOPIC), "real topic of " + body);
            checkEquals(2, decider.timesAsked(body), "questions about " + body);
        }
        StoredMessages.of(scope, scope.topic()).checkExactly(List.of("first"));
        return "3 that nobody decided are in " + GIVEN_UP_TOPIC + " after 2 questions each";
    }

    private static boolean hasRoute(DefaultMQProducer plain) {
        try {
            return !plain.fetchPublishMessageQueues(GIVEN_UP_TOPIC).isEmpty();
        } catch (Exception noRoute) {
            return false;
        }
    }

    private static String restart(Scope scope) throws Exception {
        Decider decider = new Decider((body, times) -> body.contains("asked") && times == 0 ? LocalTransactionState.UNKNOW : byPrefix(body));
        TransactionMQProducer producer = start(scope, decider);
        List<String> committed = begin(scope, producer, "commit", 20);
        begin(scope, producer, "rollback", 20);
        committed.addAll(begin(scope, producer, "commit-asked", 10));
        begin(scope, producer, "rollback-asked", 10);
        Collector received = consume(scope);
        received.awaitAll(committed.subList(0, 20));
        scope.ask("restart SIGKILL");
        received.awaitAll(committed);
        Collector stored = StoredMessages.of(scope, scope.topic());
        stored.checkSame(committed);
        return "after kill -9 the undecided ones were asked about; committed ones arrived, none that was rolled back";
    }
}
