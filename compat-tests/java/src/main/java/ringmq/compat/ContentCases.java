package ringmq.compat;

import static ringmq.compat.Scope.bytes;
import static ringmq.compat.Scope.check;
import static ringmq.compat.Scope.checkEquals;
import static ringmq.compat.Scope.sent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** What is inside a message comes out as it went in. */
final class ContentCases {
    private ContentCases() {
    }

    static void register(Map<String, Case> cases) {
        cases.put("content-unicode", ContentCases::unicode);
        cases.put("content-compressed", ContentCases::compressed);
        cases.put("round-trip", ContentCases::roundTrip);
    }

    private static MessageExt receive(Scope scope, Message message) throws Exception {
        sent(scope.producer().send(message));
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(collector);
        consumer.start();
        String body = Scope.text(message.getBody());
        collector.awaitAll(List.of(body));
        return collector.message(body);
    }

    private static String unicode(Scope scope) throws Exception {
        String text = "Grüße, 世界! Привет 🚀 \u0000 \"quoted\" \\ {json} ñ";
        Message message = new Message(scope.topic(), "标签", "ключ-1 鍵-2", bytes(text));
        message.setFlag(7);
        message.putUserProperty("имя", "значение с пробелами");
        message.putUserProperty("emoji", "🦊🐢");
        message.putUserProperty("quotes", "\"double\" 'single' \\backslash\\ {\"json\":[1,2]}");
        MessageExt received = receive(scope, message);
        checkEquals("标签", received.getTags(), "tag");
        checkEquals("ключ-1 鍵-2", received.getKeys(), "keys");
        checkEquals(7, received.getFlag(), "flag");
        for (String name : List.of("имя", "emoji", "quotes")) {
            checkEquals(message.getUserProperty(name), received.getUserProperty(name), "property " + name);
        }
        return "body, tag, keys, flag and properties unchanged";
    }

    private static String compressed(Scope scope) throws Exception {
        String line = "a megabyte of text that repeats itself 0123456789\n";
        String body = line.repeat(1 + (1 << 20) / line.length()).substring(0, 1 << 20);
        MessageExt received = receive(scope, new Message(scope.topic(), bytes(body)));
        check(received.getStoreSize() < 100_000, "stored as " + received.getStoreSize() + " bytes");
        return "1 MiB stored as " + received.getStoreSize() + " bytes";
    }

    /** A bit of everything: for the mixed clusters and the binary serialisation, where each case alone would tell little more. */
    private static String roundTrip(Scope scope) throws Exception {
        DefaultMQProducer producer = scope.producer();
        List<String> bodies = scope.send(producer, scope.topic(), "one", 50);
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Message message = new Message(scope.topic(), "tag", "key ключ " + i, bytes("batch-" + i));
            message.putUserProperty("свойство", "🚀" + i);
            batch.add(message);
            bodies.add("batch-" + i);
        }
        sent(producer.send(batch));
        SendResult result = sent(producer.send(new Message(scope.topic(), bytes("by-id"))));
        bodies.add("by-id");
        Collector collector = new Collector();
        DefaultMQPushConsumer consumer = scope.newPushConsumer(scope.group());
        consumer.subscribe(scope.topic(), "*");
        consumer.registerMessageListener(collector);
        consumer.start();
        collector.awaitAll(bodies);
        bodies.addAll(scope.send(producer, scope.topic(), "later", 50));
        collector.awaitAll(bodies);
        collector.checkExactly(bodies);
        checkEquals("🚀7", collector.message("batch-7").getUserProperty("свойство"), "property");
        checkEquals("key ключ 7", collector.message("batch-7").getKeys(), "keys");
        consumer.shutdown();
        StoredMessages.of(scope, scope.topic()).checkExactly(bodies);
        MessageExt byId = scope.admin().viewMessage(scope.topic(), result.getOffsetMsgId());
        checkEquals("by-id", Scope.text(byId.getBody()), "message looked up by its offset id");
        return "sent, batched, pushed, pulled and looked up";
    }
}
