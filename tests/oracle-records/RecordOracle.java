import java.io.ByteArrayOutputStream;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;

/**
 * Kafka's own record classes as an oracle for ours.
 *
 *   write         prints fixtures: batches and message sets as Kafka's builder makes them, one line each
 *   read DIR      reads every file in DIR as Kafka's consumers do and prints each record
 *
 * Runs with kafka-clients 2.5.0 and newer: what differs between them is reached by reflection, and run.sh puts in the
 * package that newer releases moved these classes to.
 */
public class RecordOracle {
    static final long T = 1_600_000_000_000L;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("write")) write(args[1]);
        else read(Path.of(args[1]));
    }

    /** MemoryRecords.builder(...) takes a CompressionType up to 3.7, a Compression from 3.8 on. */
    static MemoryRecordsBuilder builder(ByteBuffer buffer, byte magic, CompressionType type, TimestampType stamp,
                                        long baseOffset, long logAppendTime, long pid, short epoch, int seq,
                                        boolean txn) throws Exception {
        Object compression;
        Class<?> kind;
        try {
            kind = Class.forName("org.apache.kafka.common.compress.Compression");
            Object b = kind.getMethod("of", CompressionType.class).invoke(null, type);
            Method build = Class.forName("org.apache.kafka.common.compress.Compression$Builder").getMethod("build");
            compression = build.invoke(b);
        } catch (ClassNotFoundException e) {
            kind = CompressionType.class;
            compression = type;
        }
        Method m = MemoryRecords.class.getMethod("builder", ByteBuffer.class, byte.class, kind, TimestampType.class,
            long.class, long.class, long.class, short.class, int.class, boolean.class, int.class);
        return (MemoryRecordsBuilder) m.invoke(null, buffer, magic, compression, stamp, baseOffset, logAppendTime,
            pid, epoch, seq, txn, -1);
    }

    static byte[] key(int i) {
        return i % 3 == 0 ? null : ("key-" + i).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] value(int i) {
        if (i % 5 == 4) return null;
        StringBuilder s = new StringBuilder("value-" + i + " ");
        for (int j = 0; j < i * 37 % 400; j++) s.append((char) ('a' + (i * 31 + j * j) % 26));
        return s.toString().getBytes(StandardCharsets.UTF_8);
    }

    static Header[] headers(int i, byte magic) {
        if (magic < 2 || i % 4 != 1) return Record.EMPTY_HEADERS;
        return new Header[] {new RecordHeader("h1", ("x" + i).getBytes(StandardCharsets.UTF_8)),
            new RecordHeader("h2", (byte[]) null)};
    }

    static long timestamp(int i) {
        return T + i * 7L - (i % 4 == 3 ? 1000 : 0);
    }

    static void write(String version) throws Exception {
        for (byte magic = 0; magic <= 2; magic++)
            for (CompressionType type : CompressionType.values()) {
                if (magic < 2 && type == CompressionType.ZSTD) continue;
                for (int count : new int[] {1, 12, 400}) {
                    // Large sets span blocks of every codec; one of each is enough.
                    if (count > 12 && (type == CompressionType.NONE || magic == 2 == version.startsWith("2."))) continue;
                    emit(version, "plain", magic, type, count, TimestampType.CREATE_TIME, -1, (short) -1, -1, false, 0);
                }
                if (magic > 0)
                    emit(version, "append-time", magic, type, 3, TimestampType.LOG_APPEND_TIME, -1, (short) -1, -1, false, 0);
                if (magic < 2) emit(version, "offset-100", magic, type, 3, TimestampType.CREATE_TIME, -1, (short) -1, -1, false, 100);
                if (magic == 2) {
                    emit(version, "idempotent", magic, type, 3, TimestampType.CREATE_TIME, 4000, (short) 2, 77, false, 0);
                    emit(version, "transactional", magic, type, 3, TimestampType.CREATE_TIME, 4000, (short) 2, 0, true, 0);
                }
            }
    }

    static void emit(String version, String shape, byte magic, CompressionType type, int count, TimestampType stamp,
                     long pid, short epoch, int seq, boolean txn, long base) throws Exception {
        MemoryRecordsBuilder b = builder(ByteBuffer.allocate(1 << 20), magic, type, stamp, base, T + 5555, pid, epoch, seq, txn);
        for (int i = 0; i < count; i++)
            b.appendWithOffset(base + i, magic == 0 ? -1 : timestamp(i), key(i), value(i), headers(i, magic));
        ByteBuffer out = b.build().buffer();
        System.out.println(version + " " + shape + " " + magic + " " + type.name + " " + count + " " + hex(out));
    }

    static String hex(ByteBuffer buffer) {
        if (buffer == null) return "-";
        StringBuilder s = new StringBuilder("=");
        ByteBuffer b = buffer.duplicate();
        while (b.hasRemaining()) s.append(String.format("%02x", b.get()));
        return s.toString();
    }

    static void read(Path dir) throws Exception {
        List<Path> files = new ArrayList<>();
        Files.list(dir).forEach(files::add);
        Collections.sort(files);
        for (Path file : files) {
            System.out.println("# " + file.getFileName());
            try {
                MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
                for (RecordBatch batch : records.batches()) {
                    batch.ensureValid();
                    for (Record r : batch) {
                        StringBuilder s = new StringBuilder();
                        s.append(batch.magic()).append(' ').append(batch.compressionType().name).append(' ');
                        s.append(batch.magic() == 0 ? "none" : batch.timestampType().name).append(' ');
                        s.append(batch.producerId()).append(' ').append(r.sequence()).append(' ');
                        s.append(r.offset()).append(' ').append(r.timestamp()).append(' ');
                        s.append(hex(r.key())).append(' ').append(hex(r.value()));
                        for (Header h : r.headers())
                            s.append(' ').append(h.key()).append(hex(h.value() == null ? null : ByteBuffer.wrap(h.value())));
                        System.out.println(s);
                    }
                }
            } catch (Throwable e) {
                System.out.println("error " + e);
            }
        }
    }
}
