package ringmq.compat;

import static ringmq.compat.Scope.checkEquals;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;

/** Where a group begins, and where it goes on after its consumer or its broker was away. */
final class StartCases {
    private StartCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("from-first", scope -> fromWhere(scope, ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET));
        cases.put("from-last", scope -> fromWhere(scope, ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET));
        cases.put("from-timestamp", scope -> fromWhere(scope, ConsumeFromWhere.CONSUME_FROM_TIMESTAMP));
        cases.put("from-last-then-new", StartCases::fromLastThenNew);
        cases.put("offsets-consumer-restart", scope -> offsetsKept(scope, "nothing"));
        cases.put("offsets-broker-restart", scope -> offsetsKept(scope, "restart SIGTERM"));
    }

    private static DefaultMQPushConsumer start(Scope scope, ConsumeFromWhere where, Collector collector) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setConsumeFromWhere(where);
        consumer.setConsumeTimestamp(DateTimeFormatter.ofPattern("yyyyMMddHHmmss").format(LocalDateTime.now().plusHours(1)));
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(collector);
        consumer.start();
        return consumer;
    }

    /**
     * A topic whose first message the broker still has in memory is read from its start, whatever the consumer asked for: the broker
     * answers offset 0 for a group it does not know (QUERY_CONSUMER_OFFSET).
     */
    private static String fromWhere(Scope scope, ConsumeFromWhere where) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> bodies = scope.send(producer, scope.topic(), "before", 40);
        Collector collector = new Collector();
        start(scope, where, collector);
        collector.awaitAll(bodies);
        bodies.addAll(scope.send(producer, scope.topic(), "after", 40));
        collector.awaitAll(bodies);
        collector.checkExactly(bodies);
        return "a new group reads a young topic from its start";
    }

    /** A group that comes back with CONSUME_FROM_LAST_OFFSET goes on where it was, not at the end. */
    private static String fromLastThenNew(Scope scope) throws Exception {
        return offsetsKept(scope, "nothing", ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
    }

    private static String offsetsKept(Scope scope, String meanwhile) throws Exception {
        return offsetsKept(scope, meanwhile, ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    }

    private static String offsetsKept(Scope scope, String meanwhile, ConsumeFromWhere where) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> before = scope.send(producer, scope.topic(), "before", 40);
        Collector firstRun = new Collector();
        DefaultMQPushConsumer consumer = start(scope, where, firstRun);
        firstRun.awaitAll(before);
        Scope.awaitConsumed(consumer, scope.topic(), before.size());
        consumer.shutdown();
        scope.awaitCommitted(scope.group(), scope.topic(), before.size());
        firstRun.checkExactly(before);

        if (meanwhile.startsWith("restart")) {
            producer.shutdown();
            scope.ask(meanwhile);
            producer = scope.producer();
        }
        List<String> after = scope.send(producer, scope.topic(), "after", 40);
        Collector secondRun = new Collector();
        start(scope, where, secondRun);
        secondRun.awaitAll(after);
        after.addAll(scope.sendToEveryQueue(producer, scope.topic(), "end"));
        secondRun.awaitAll(after);
        secondRun.checkExactly(after);

        List<String> stored = new ArrayList<>(before);
        stored.addAll(after);
        StoredMessages.of(scope, scope.topic()).checkExactly(stored);
        checkEquals(84, stored.size(), "messages stored");
        return "the second run got the 44 new messages only";
    }
}
