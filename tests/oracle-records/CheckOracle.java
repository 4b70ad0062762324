import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/**
 * Kafka's own checks on what a Produce carries, as an oracle for ours: ProduceRequest.validateRecords, the part of
 * UnifiedLog.analyzeAndValidateRecords that looks at bytes (written here anew, as the class wants a whole log), and
 * LogValidator. Reads one case a line and prints one result a line.
 *
 * case:   version now max segment compacted stamp(0|1) before after codec(-1 = producer) hex
 * result: ok HEX | error CODE INDEX,...
 */
public class CheckOracle {
    static final TopicPartition TP = new TopicPartition("t", 0);

    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(args[0]))) out.append(check(line.split(" "))).append('\n');
        Files.writeString(Path.of(args[1]), out);
    }

    static class Fixed implements Time {
        final long now;
        Fixed(long now) { this.now = now; }
        public long milliseconds() { return now; }
        public long hiResClockMs() { return now; }
        public long nanoseconds() { return now * 1_000_000; }
        public void sleep(long ms) {}
        public void waitObject(Object o, java.util.function.Supplier<Boolean> c, long d) {}
        public org.apache.kafka.common.utils.Timer timer(long ms) { return SYSTEM.timer(ms); }
        public org.apache.kafka.common.utils.Timer timer(java.time.Duration d) { return SYSTEM.timer(d); }
    }

    static class NoMetrics implements LogValidator.MetricsRecorder {
        public void recordInvalidMagic() {}
        public void recordInvalidOffset() {}
        public void recordInvalidSequence() {}
        public void recordInvalidChecksums() {}
        public void recordNoKeyCompactedTopic() {}
    }

    static String check(String[] f) {
        try {
            ByteBuffer result = checked(Short.parseShort(f[0]), Long.parseLong(f[1]), Integer.parseInt(f[2]),
                Integer.parseInt(f[3]), f[4].equals("true"), Integer.parseInt(f[5]), Long.parseLong(f[6]),
                Long.parseLong(f[7]), Integer.parseInt(f[8]), bytes(f[9].substring(1)));
            StringBuilder s = new StringBuilder("ok =");
            while (result.hasRemaining()) s.append(String.format("%02x", result.get()));
            return s.toString();
        } catch (RecordValidationException e) {
            StringBuilder s = new StringBuilder("error " + Errors.forException(e.invalidException()).code() + " ");
            e.recordErrors().forEach(r -> s.append(r.batchIndex).append(','));
            return s.toString();
        } catch (Throwable e) {
            return "error " + Errors.forException(e).code() + " " + e;
        }
    }

    static byte[] bytes(String hex) {
        byte[] b = new byte[hex.length() / 2];
        for (int i = 0; i < b.length; i++) b[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        return b;
    }

    static ByteBuffer checked(short version, long now, int max, int segment, boolean compacted, int stamp, long before,
                              long after, int codec, byte[] sent) throws Throwable {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(sent));
        ProduceRequest.validateRecords(version, records);
        int valid = 0;
        CompressionType source = CompressionType.NONE;
        for (RecordBatch batch : records.batches()) {
            if (batch.magic() >= 2 && batch.baseOffset() != 0) throw new InvalidRecordException("base offset");
            if (batch.sizeInBytes() > max) throw new RecordTooLargeException();
            if (!batch.isValid()) throw new CorruptRecordException();
            valid += batch.sizeInBytes();
            CompressionType type = CompressionType.forId(batch.compressionType().id);
            if (type != CompressionType.NONE) source = type;
        }
        if (valid == 0) throw new InvalidRecordException("none; Kafka appends nothing and answers no error");
        if (valid < records.sizeInBytes()) {
            ByteBuffer trimmed = records.buffer().duplicate();
            trimmed.limit(valid);
            records = MemoryRecords.readableRecords(trimmed);
        }
        CompressionType target = codec < 0 ? source : CompressionType.forId(codec);
        List<Object> args = new ArrayList<>(List.of(records, TP, new Fixed(now), source,
            Compression.of(target).build(), compacted, (byte) 2,
            stamp == 1 ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME, before, after, 0,
            AppendOrigin.CLIENT));
        Constructor<?> constructor = LogValidator.class.getConstructors()[0];
        if (constructor.getParameterCount() > args.size()) {
            Class<?> version0 = Class.forName("org.apache.kafka.server.common.MetadataVersion");
            args.add(version0.getMethod("latestProduction").invoke(null));
        }
        LogValidator validator;
        try {
            validator = (LogValidator) constructor.newInstance(args.toArray());
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        Object result = validator.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), new NoMetrics(),
            BufferSupplier.NO_CACHING);
        MemoryRecords out;
        try {
            out = (MemoryRecords) result.getClass().getField("validatedRecords").get(result);
        } catch (NoSuchFieldException e) {
            out = (MemoryRecords) result.getClass().getMethod("validatedRecords").invoke(result);
        }
        for (RecordBatch batch : out.batches())
            if (batch.sizeInBytes() > max) throw new RecordTooLargeException();
        if (out.sizeInBytes() > segment) throw new RecordBatchTooLargeException();
        return out.buffer().duplicate();
    }
}
