package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** What is still accepted, what is not, and with which code the broker says so. */
final class LimitCases {
    private static final int FOUR_MIB = 4 << 20;
    private static final int MESSAGE_ILLEGAL = 13;
    private static final int TOPIC_NOT_EXIST = 17;
    private static final int INVALID_PARAMETER = 29;

    private LimitCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("limit-4mib", LimitCases::fourMib);
        cases.put("limit-4mib-and-one", LimitCases::fourMibAndOne);
        cases.put("limit-properties", LimitCases::properties);
        cases.put("limit-topic-names", LimitCases::topicNames);
        cases.put("limit-queue-id", LimitCases::queueId);
        cases.put("limit-unknown", LimitCases::unknown);
    }

    private static byte[] noise(int size) {
        byte[] body = new byte[size];
        new Random(size).nextBytes(body);
        return body;
    }

    private static DefaultMQProducer uncompressing(Scope scope, int maxMessageSize) throws Exception {
        DefaultMQProducer producer = scope.newProducer();
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.setMaxMessageSize(maxMessageSize);
        producer.setRetryTimesWhenSendFailed(0);
        producer.start();
        return producer;
    }

    @SuppressWarnings("deprecation")
    private static String fourMib(Scope scope) throws Exception {
        byte[] body = noise(FOUR_MIB);
        SendResult result = sent(uncompressing(scope, FOUR_MIB).send(new Message(scope.topic(), body)));
        DefaultMQPullConsumer consumer = scope.pullConsumer();
        byte[] pulled = consumer.pull(result.getMessageQueue(), "*", result.getQueueOffset(), 1).getMsgFoundList().get(0).getBody();
        check(Arrays.equals(body, pulled), "the body came back changed");
        return "4,194,304 bytes accepted and unchanged";
    }

    private static int refusalOf(Callable<?> send) throws Exception {
        try {
            send.call();
        } catch (MQClientException refused) {
            return refused.getResponseCode();
        } catch (MQBrokerException refused) {
            return refused.getResponseCode();
        }
        throw new AssertionError("it was accepted");
    }

    private static String fourMibAndOne(Scope scope) throws Exception {
        Message message = new Message(scope.topic(), noise(FOUR_MIB + 1));
        int byClient = refusalOf(() -> uncompressing(scope, FOUR_MIB).send(message));
        checkEquals(MESSAGE_ILLEGAL, byClient, "the client's own code");
        DefaultMQProducer producer = uncompressing(scope, 8 << 20);
        int byBroker = refusalOf(() -> producer.send(message));
        checkEquals(MESSAGE_ILLEGAL, byBroker, "the broker's code");
        sent(producer.send(new Message(scope.topic(), bytes("the connection lives"))));
        return "refused by the client and, past it, by the broker with MESSAGE_ILLEGAL";
    }

    private static String properties(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        Message fits = new Message(scope.topic(), bytes("fits"));
        fits.putUserProperty("long", "x".repeat(32_000));
        sent(producer.send(fits));
        Message over = new Message(scope.topic(), bytes("over"));
        over.putUserProperty("long", "x".repeat(32_768));
        checkEquals(MESSAGE_ILLEGAL, refusalOf(() -> producer.send(over)), "code for 32,768 bytes of properties");
        return "32,000 bytes of properties accepted, more than 32,767 refused";
    }

    private static String topicNames(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        for (String name : new String[] {"with space", "with.dot", "x".repeat(128), ""}) {
            refusalOf(() -> producer.send(new Message(name, bytes("never"))));
        }
        sent(producer.send(new Message((scope.topic() + "x".repeat(127)).substring(0, 127), bytes("longest"))));

        RawClient raw = scope.rawClient();
        for (String name : new String[] {"with space", "with.dot", "x".repeat(128)}) {
            RemotingCommand answer = raw.send(scope.broker(), name, 0, "", bytes("never"));
            checkEquals(INVALID_PARAMETER, answer.getCode(), "code for the topic '" + name + "' (" + answer.getRemark() + ")");
        }
        return "127 characters accepted; 128, a space and a dot refused by client and broker";
    }

    private static String queueId(Scope scope) throws Exception {
        scope.createTopicBySending(scope.producer(), scope.topic());
        RawClient raw = scope.rawClient();
        checkEquals(0, raw.send(scope.broker(), scope.topic(), 3, "", bytes("last queue")).getCode(), "code for queue 3 of 4");
        RemotingCommand answer = raw.send(scope.broker(), scope.topic(), 99, "", bytes("no such queue"));
        checkEquals(INVALID_PARAMETER, answer.getCode(), "code for queue 99 of 4 (" + answer.getRemark() + ")");
        return "a queue id out of range is refused with " + answer.getCode();
    }

    private static String unknown(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        RemotingCommand code = raw.call(scope.broker(), 9_999, Map.of(), null);
        checkEquals(3, code.getCode(), "code for an unknown request");
        checkEquals(" request type 9999 not supported", code.getRemark(), "remark for an unknown request");
        RemotingCommand route = raw.call(scope.nameServer(), 105, Map.of("topic", scope.topic("nowhere")), null);
        checkEquals(TOPIC_NOT_EXIST, route.getCode(), "code for the route of an unknown topic");
        return "an unknown request and an unknown topic";
    }
}
