/*
 * Wrote apache-5.5.0-index.json: a log and its index files of 7 slots and 16 places, once after a clean stop and once killed.
 * Run with rocketmq-store 5.5.0 from Maven Central and what it depends on: javac -cp "lib/*" GoldenIndex.java;
 * java -cp "lib/*:." GoldenIndex write FOLDER, GoldenIndex killed FOLDER. Of the files, commitlog/, index/, abort and checkpoint became hex, without
 * their trailing zeros. GoldenIndex query FOLDER SLOTS PLACES SEGMENT TOPIC KEY… prints what Apache's
 * store finds: `found` is its answer for the clean folder, and it finds what is in a folder that we wrote.
 */
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.TopicFilterType;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.common.sysflag.MessageSysFlag;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.config.FlushDiskType;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.index.QueryOffsetResult;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

public class GoldenIndex {
    static MessageExtBrokerInner message(String topic, String uniqueKey, String keys, String tags, int sysFlag) {
        MessageExtBrokerInner message = new MessageExtBrokerInner();
        message.setTopic(topic);
        message.setQueueId(0);
        message.setBody("body".getBytes(StandardCharsets.UTF_8));
        message.setSysFlag(sysFlag);
        message.setBornTimestamp(1700000000123L);
        message.setBornHost(new InetSocketAddress("10.1.2.3", 12345));
        message.setStoreHost(new InetSocketAddress("10.4.5.6", 10911));
        if (uniqueKey != null) MessageAccessor.putProperty(message, MessageConst.PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX, uniqueKey);
        if (keys != null) message.setKeys(keys);
        if (tags != null) message.setTags(tags);
        message.putUserProperty("name", "v\u00e4l");
        message.setTagsCode(MessageExtBrokerInner.tagsString2tagsCode(TopicFilterType.SINGLE_TAG, tags));
        message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
        return message;
    }

    static DefaultMessageStore open(String folder, int slots, int places, int segment) throws Exception {
        MessageStoreConfig config = new MessageStoreConfig();
        config.setStorePathRootDir(folder);
        config.setStorePathCommitLog(folder + "/commitlog");
        config.setMappedFileSizeCommitLog(segment);
        config.setMappedFileSizeConsumeQueue(2000);
        config.setMaxHashSlotNum(slots);
        config.setMaxIndexNum(places);
        config.setHaListenPort(0);
        config.setTimerWheelEnable(false);
        config.setFlushDiskType(FlushDiskType.SYNC_FLUSH);
        DefaultMessageStore store = new DefaultMessageStore(
            config, new BrokerStatsManager("c", false), null, new BrokerConfig(), new ConcurrentHashMap<>());
        if (!store.load()) throw new Error("load");
        store.start();
        return store;
    }

    static void put(DefaultMessageStore store, MessageExtBrokerInner message) throws Exception {
        System.out.println(store.putMessage(message).getAppendMessageResult());
        // Files are named by the millisecond; two made in one would be the same.
        Thread.sleep(20);
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("query")) {
            DefaultMessageStore store = open(args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
            for (int i = 6; i < args.length; i++) {
                QueryOffsetResult result = store.getIndexService().queryOffset(args[5], args[i], 32, 0, Long.MAX_VALUE);
                System.out.println("FOUND " + args[i] + " " + result.getPhyOffsets()
                    + " " + result.getIndexLastUpdatePhyoffset() + " messages "
                    + store.queryMessage(args[5], args[i], 32, 0, Long.MAX_VALUE).getMessageBufferList().size());
            }
            store.shutdown();
            System.exit(0);
        }
        DefaultMessageStore store = open(args[1], 7, 16, 16384);
        try {
            write(store);
        } catch (Throwable e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        if (args[0].equals("killed")) Runtime.getRuntime().halt(0);
        store.shutdown();
        System.exit(0);
    }

    static void write(DefaultMessageStore store) throws Exception {
        put(store, message("GoldenTopic", "AC1D0001", "order-1", "TagA", 0));
        put(store, message("GoldenTopic", "AC1D0002", "order-2 order-1  both ", null, 0));
        put(store, message("GoldenTopic", null, null, null, 0));
        put(store, message("GoldenTopic", null, "h\u00e9llo \u4e16\u754c \ud83d\ude00", "\u6807\u7b7e", 0));
        Thread.sleep(1100);
        put(store, message("RMQ_SYS_TRANS_HALF_TOPIC", "AC1D0003", "half", "TagA", MessageSysFlag.TRANSACTION_PREPARED_TYPE));
        put(store, message("GoldenTopic", "AC1D0003", "half", "TagA", MessageSysFlag.TRANSACTION_COMMIT_TYPE));
        put(store, message("GoldenTopic", "AC1D0004", "rolled-back", "TagA", MessageSysFlag.TRANSACTION_ROLLBACK_TYPE));
        // The hash of `GoldenTopic#` and this key is Integer.MIN_VALUE, whose absolute value is negative.
        put(store, message("GoldenTopic", "AC1D0005", "hcbhahje", "AaAa", 0));
        Thread.sleep(1100);
        for (int i = 0; i < 20; i++) put(store, message("GoldenTopic", "AC1D01" + i, i % 3 == 0 ? "order-1" : "k" + i, i % 2 == 0 ? "TagB" : null, 0));
        Thread.sleep(2500);
    }
}
