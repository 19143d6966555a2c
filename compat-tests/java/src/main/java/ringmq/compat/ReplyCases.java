package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** Request and reply: a consumer's reply finds the client that asked, through the broker. */
final class ReplyCases {
    private static final long TTL_MS = 30_000;
    private static final int SEND_REPLY_MESSAGE_V2 = 325;
    private static final int SYSTEM_ERROR = 1;
    private static final int LARGE_BYTES = 100_000;

    private ReplyCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("reply-sync", ReplyCases::sync);
        cases.put("reply-async", ReplyCases::async);
        cases.put("reply-timeout", ReplyCases::timeout);
        cases.put("reply-asker-gone", ReplyCases::askerGone);
    }

    /** Answers every request with its body behind {@code re:}; a body that asks for it with a large one. */
    private static void startReplier(Scope scope) throws Exception {
        DefaultMQProducer replies = scope.producer();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                String body = Scope.text(message.getBody());
                if (body.equals("first")) {
                    continue;
                }
                String answer = "re:" + body + (body.equals("large") ? "-".repeat(LARGE_BYTES) : "");
                try {
                    replies.send(MessageUtil.createReplyMessage(message, bytes(answer)), 10_000);
                } catch (Exception failure) {
                    throw new IllegalStateException(failure);
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        PushCases.awaitQueues(consumer, scope.topic(), 4);
    }

    private static String sync(Scope scope) throws Exception {
        DefaultMQProducer asker = scope.producer();
        scope.createTopicBySending(asker, scope.topic());
        startReplier(scope);
        for (int i = 0; i < 50; i++) {
            Message reply = asker.request(new Message(scope.topic(), bytes("q-" + i)), TTL_MS);
            checkEquals("re:q-" + i, Scope.text(reply.getBody()), "reply");
        }
        Message large = asker.request(new Message(scope.topic(), bytes("large")), TTL_MS);
        checkEquals(LARGE_BYTES + 8, large.getBody().length, "bytes of the large reply");
        // A second asker of the same group: each gets its own.
        DefaultMQProducer other = scope.producer();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String body = "two-" + i;
            DefaultMQProducer one = i % 2 == 0 ? asker : other;
            answers.add(CompletableFuture.supplyAsync(() -> ask(one, scope.topic(), body)));
        }
        for (int i = 0; i < 20; i++) {
            checkEquals("re:two-" + i, answers.get(i).get(TTL_MS, TimeUnit.MILLISECONDS), "reply to one of two askers");
        }
        return "71 requests answered, one with 100,000 bytes, by two clients of a group";
    }

    private static String ask(DefaultMQProducer asker, String topic, String body) {
        try {
            return Scope.text(asker.request(new Message(topic, bytes(body)), TTL_MS).getBody());
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static String async(Scope scope) throws Exception {
        DefaultMQProducer asker = scope.producer();
        scope.createTopicBySending(asker, scope.topic());
        startReplier(scope);
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            asker.request(new Message(scope.topic(), bytes("q-" + i)), new RequestCallback() {
                @Override
                public void onSuccess(Message message) {
                    answer.complete(Scope.text(message.getBody()));
                }

                @Override
                public void onException(Throwable failure) {
                    answer.completeExceptionally(failure);
                }
            }, TTL_MS);
            answers.add(answer);
        }
        for (int i = 0; i < 50; i++) {
            checkEquals("re:q-" + i, answers.get(i).get(TTL_MS * 2, TimeUnit.MILLISECONDS), "reply");
        }
        return "50 requests in flight together, each with its own reply";
    }

    private static String timeout(Scope scope) throws Exception {
        DefaultMQProducer asker = scope.producer();
        scope.createTopicBySending(asker, scope.topic());
        try {
            asker.request(new Message(scope.topic(), bytes("nobody listens")), 2_000);
        } catch (RequestTimeoutException expected) {
            return "nobody replies: the request ends when its time is up";
        }
        throw new AssertionError("a request without a reply came back");
    }

    private static String askerGone(Scope scope) throws Exception {
        RawClient raw = scope.rawClient();
        RemotingCommand none = reply(scope, raw, "");
        checkEquals(SYSTEM_ERROR, none.getCode(), "code without REPLY_TO_CLIENT");
        checkEquals("reply message properties[REPLY_TO_CLIENT] is null", none.getRemark(), "remark without REPLY_TO_CLIENT");
        RemotingCommand gone = reply(scope, raw, "REPLY_TO_CLIENT\u0001nobody@1\u0002");
        checkEquals(SYSTEM_ERROR, gone.getCode(), "code for a client that is not here");
        checkEquals("push reply message fail, channel of <nobody@1> not found.", gone.getRemark(), "remark for a client that is not here");
        long next = Long.parseLong(gone.getExtFields().get("queueOffset"));
        check(next == Long.parseLong(none.getExtFields().get("queueOffset")) + 1, "the replies are not stored one after the other");
        check(gone.getExtFields().get("msgId").length() == 32, "msgId " + gone.getExtFields().get("msgId"));
        return "told so, and the reply is stored";
    }

    private static RemotingCommand reply(Scope scope, RawClient raw, String properties) throws Exception {
        String cluster = scope.admin().examineBrokerClusterInfo().getClusterAddrTable().keySet().iterator().next();
        Map<String, String> fields = Map.of("a", "compat_raw", "b", cluster + "_REPLY_TOPIC", "c", "TBW102", "d", "4", "e", "0", "f", "0", "g",
            String.valueOf(System.currentTimeMillis()), "h", "0", "i", properties, "j", "0");
        return raw.call(scope.broker(), SEND_REPLY_MESSAGE_V2, fields, bytes("reply"));
    }
}
