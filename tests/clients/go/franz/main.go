// franz-go, newest: producing and reading partitions directly, a producer that is killed against, a group member.
//
//	franz round-trip BROKER TOPIC CODEC   makes TOPIC, produces 100 records, reads them back
//	franz acked BROKER TOPIC ACKS         produces numbers until stdin ends; prints "NUMBER OFFSET" of each acknowledged one
//	                                      ACKS: all-idempotent, all, 1
//	franz group BROKER TOPIC GROUP …      a group member; options as NAME=VALUE: id, assignor, session (ms), instance
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const records = 100

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	switch os.Args[1] {
	case "round-trip":
		roundTrip(os.Args[2], os.Args[3], os.Args[4])
	case "acked":
		acked(os.Args[2], os.Args[3], os.Args[4])
	case "group":
		group(os.Args[2], os.Args[3], os.Args[4], os.Args[5:])
	}
}

func roundTrip(broker, topic, codec string) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(broker), kgo.ProducerBatchCompression(codecs[codec]), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}),
	)
	must(err)
	defer client.Close()
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopic(ctx, 1, 1, nil, topic)
	must(err)
	var batch []*kgo.Record
	for n := 0; n < records; n++ {
		number := fmt.Sprintf("%03d", n)
		batch = append(batch, &kgo.Record{
			Topic: topic, Key: []byte(number), Value: []byte("record " + number), Timestamp: time.UnixMilli(1700000000000 + int64(n)),
			Headers: []kgo.RecordHeader{{Key: "n", Value: []byte(number)}},
		})
	}
	must(client.ProduceSync(ctx, batch...).FirstErr())
	for n := 0; n < records; {
		fetches := client.PollFetches(ctx)
		for _, e := range fetches.Errors() {
			log.Fatal(e.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			want := fmt.Sprintf("%03d", n)
			if r.Offset != int64(n) || string(r.Key) != want || string(r.Value) != "record "+want || len(r.Headers) != 1 ||
				r.Timestamp.UnixMilli() != 1700000000000+int64(n) {
				log.Fatalf("record %d is %+v", n, r)
			}
			n++
		})
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	must(err)
	byTime, err := admin.ListOffsetsAfterMilli(ctx, 1700000000042, topic)
	must(err)
	end, _ := ends.Lookup(topic, 0)
	at, _ := byTime.Lookup(topic, 0)
	fmt.Println("end", end.Offset, "by time", at.Offset)
}

func acked(broker, topic, acks string) {
	options := []kgo.Opt{
		kgo.SeedBrokers(broker), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(120 * time.Second), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.RetryTimeout(120 * time.Second), kgo.AlwaysRetryEOF(),
	}
	switch acks {
	case "all":
		options = append(options, kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MaxProduceRequestsInflightPerBroker(1))
	case "1":
		options = append(options, kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.LeaderAck()), kgo.MaxProduceRequestsInflightPerBroker(1))
	}
	client, err := kgo.NewClient(options...)
	must(err)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	out := bufio.NewWriter(os.Stdout)
	var lock sync.Mutex
	for n := 0; ctx.Err() == nil; n++ {
		number := n
		record := &kgo.Record{Value: fmt.Appendf(nil, "%d", number)}
		client.Produce(context.Background(), record, func(r *kgo.Record, err error) {
			if err != nil {
				log.Fatalf("%d was refused: %v", number, err)
			}
			lock.Lock()
			fmt.Fprintln(out, number, r.Offset)
			lock.Unlock()
		})
		if n%20 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	must(client.Flush(context.Background()))
	must(out.Flush())
}
