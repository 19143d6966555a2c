package ringmq.compat;

import static ringmq.compat.Scope.checkEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/** A master, its slave and what is left when the master is gone. */
final class ReplicationCases {
    private static final int MESSAGES = 100_000;
    private static final int GET_TOPIC_CONFIG = 351;
    private static final int GET_BROKER_HA_STATUS = 907;
    /** Apache's slave says where it is 5 s after its start, and takes over the master's topics every minute. */
    private static final long SLAVE_WAIT_MS = 150_000;

    private ReplicationCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("replication", ReplicationCases::replication);
        cases.put("replication-sync", ReplicationCases::replicationSync);
        cases.put("replication-status", ReplicationCases::replicationStatus);
    }

    private static String replication(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        awaitSlave(scope, raw);
        DefaultMQProducer producer = scope.producer();
        Checksums sent = Checksums.sendMany(producer, scope.topic(), MESSAGES);
        scope.ask("same logs");
        awaitTopicAtSlave(scope, raw);
        consumeWithoutMaster(scope, sent);
        return MESSAGES + " messages, logs the same byte for byte, consumed from the slave without the master, checksum "
            + Long.toHexString(sent.sum());
    }

    /** Every SEND_OK is at the slave when it is answered: the master is killed at once, and nothing is missing. */
    private static String replicationSync(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        awaitSlave(scope, raw);
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        awaitTopicAtSlave(scope, raw);
        Collector received = new Collector();
        var bodies = scope.send(producer, scope.topic(), "synced", 1_000);
        scope.ask("kill master");
        DefaultMQPushConsumer consumer = consumer(scope);
        consumer.registerMessageListener(received);
        consumer.start();
        received.awaitAll(bodies);
        return bodies.size() + " messages acknowledged, none missing at the slave";
    }

    /** What an operator looks at: mqadmin's haStatus and brokerStatus of the master. */
    private static String replicationStatus(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        awaitSlave(scope, raw);
        DefaultMQProducer producer = scope.producer();
        scope.createTopicBySending(producer, scope.topic());
        scope.ask("same logs");
        String brokerStatus = mqadmin("brokerStatus", "-n", scope.parameter("namesrv"), "-b", scope.broker());
        for (String key : new String[] {"commitLogMaxOffset", "runtime", "brokerVersionDesc"}) {
            Scope.check(brokerStatus.contains(key), "brokerStatus does not tell " + key + ": " + brokerStatus);
        }
        String haStatus = mqadmin("haStatus", "-n", scope.parameter("namesrv"), "-b", scope.broker());
        if (haStatus.contains("not exist")) {
            return "brokerStatus; this version's mqadmin has no haStatus";
        }
        for (String part : new String[] {"#MasterAddr\t" + scope.broker(), "#SlaveNum\t1", "#InSyncSlaveNum\t1"}) {
            Scope.check(haStatus.contains(part), "haStatus does not say '" + part + "': " + haStatus);
        }
        return "brokerStatus and haStatus, with the slave in sync";
    }

    /** What mqadmin prints. */
    private static synchronized String mqadmin(String... arguments) {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true));
        try {
            MQAdminStartup.main0(arguments, null);
        } finally {
            System.setOut(before);
        }
        return printed.toString();
    }

    private static void consumeWithoutMaster(Scope scope, Checksums sent) throws Exception {
        scope.ask("kill master");
        Checksums received = new Checksums();
        DefaultMQPushConsumer consumer = consumer(scope);
        consumer.registerMessageListener(received);
        consumer.start();
        Scope.await(SLAVE_WAIT_MS, () -> received.count() >= MESSAGES, () -> received.count() + " of " + MESSAGES + " received");
        checkEquals((long) MESSAGES, received.count(), "messages received");
        checkEquals(sent.sum(), received.sum(), "sum of the bodies' CRC-32");
    }

    private static DefaultMQPushConsumer consumer(Scope scope) throws Exception {
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(scope.topic(), "*");
        return consumer;
    }

    private static void awaitSlave(Scope scope, RawClient raw) throws Exception {
        Scope.await(SLAVE_WAIT_MS, () -> {
            RemotingCommand status = raw.call(scope.broker(), GET_BROKER_HA_STATUS, Map.of(), null);
            String body = status.getBody() == null ? "" : Scope.text(status.getBody());
            return body.contains("\"slaveAckOffset\":") && !body.contains("\"slaveAckOffset\":-1");
        }, () -> "no slave has said where it is");
    }

    private static void awaitTopicAtSlave(Scope scope, RawClient raw) throws Exception {
        Map<String, String> topic = Map.of("topic", scope.topic());
        Scope.await(SLAVE_WAIT_MS, () -> raw.call(scope.parameter("slave"), GET_TOPIC_CONFIG, topic, null).getCode() == 0,
            () -> "the slave does not know the topic");
    }
}
