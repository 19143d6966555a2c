/*
 * Wrote apache-5.5.0-store.json: a store of two 4 KiB segments, once after a clean stop and once killed (any second argument).
 * Run with rocketmq-store 5.5.0 from Maven Central and what it depends on: javac -cp "lib/*" GoldenStore.java;
 * java -cp "lib/*:." GoldenStore FOLDER [killed]. Files then became hex, without their trailing zeros; index/ and rocksdbstore/ were left out.
 */
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.TopicFilterType;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.config.FlushDiskType;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

public class GoldenStore {
    static MessageExtBrokerInner message(String topic, int queueId, String body, String tags, String keys, String born, String store) {
        MessageExtBrokerInner message = new MessageExtBrokerInner();
        message.setTopic(topic);
        message.setQueueId(queueId);
        message.setBody(body.getBytes(StandardCharsets.UTF_8));
        message.setFlag(5);
        message.setReconsumeTimes(2);
        message.setBornTimestamp(1700000000123L);
        message.setBornHost(new InetSocketAddress(born, 12345));
        message.setStoreHost(new InetSocketAddress(store, 10911));
        if (tags != null) message.setTags(tags);
        if (keys != null) message.setKeys(keys);
        message.putUserProperty("name", "v\u00e4l");
        message.setTagsCode(MessageExtBrokerInner.tagsString2tagsCode(TopicFilterType.SINGLE_TAG, tags));
        message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
        return message;
    }

    public static void main(String[] args) throws Exception {
        MessageStoreConfig config = new MessageStoreConfig();
        config.setStorePathRootDir(args[0]);
        config.setStorePathCommitLog(args[0] + "/commitlog");
        config.setMappedFileSizeCommitLog(4096);
        config.setMappedFileSizeConsumeQueue(200);
        config.setHaListenPort(0);
        config.setTimerWheelEnable(false);
        config.setFlushDiskType(FlushDiskType.SYNC_FLUSH);
        DefaultMessageStore store = new DefaultMessageStore(
            config, new BrokerStatsManager("c", false), null, new BrokerConfig(), new ConcurrentHashMap<>());
        if (!store.load()) throw new Error("load");
        store.start();
        List<MessageExtBrokerInner> messages = new ArrayList<>();
        messages.add(message("GoldenTopic", 0, "hello", "TagA", "key1", "10.1.2.3", "10.4.5.6"));
        messages.add(message("GoldenTopic", 1, "h\u00e9llo \u4e16\u754c", null, null, "10.1.2.3", "10.4.5.6"));
        messages.add(message("GoldenTopic", 0, "from v6", "AaAa", "k", "2001:db8::1", "10.4.5.6"));
        messages.add(message("GoldenTopic", 0, "both v6", "\u6807\u7b7e", "k", "2001:db8::1", "fe80::2"));
        messages.add(message("LongTopic_" + "x".repeat(190), 2, "a topic of 200 bytes", "TagA", null, "10.1.2.3", "10.4.5.6"));
        for (int i = 0; i < 14; i++) {
            messages.add(message("GoldenTopic", 0, ("fill " + i + " ").repeat(40), "TagB", null, "10.1.2.3", "10.4.5.6"));
        }
        for (MessageExtBrokerInner message : messages) System.out.println(store.putMessage(message).getAppendMessageResult());
        Thread.sleep(2500);
        if (args.length > 1) Runtime.getRuntime().halt(0);
        store.shutdown();
        System.exit(0);
    }
}
