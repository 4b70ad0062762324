// Sarama with Config.Version as a user sets it: it asks for exactly the versions of that release.
//
//	sarama BROKER VERSION TOPIC CODEC      makes TOPIC, produces 100 records, reads them back, looks offsets up
//	sarama group BROKER TOPIC GROUP …      a group member; options as NAME=VALUE: id, version, assignor, session (ms), instance
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

const records = 100

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func parse(version string) sarama.KafkaVersion {
	if version == "max" {
		return sarama.MaxVersion
	}
	parsed, err := sarama.ParseKafkaVersion(version)
	must(err)
	return parsed
}

func main() {
	if os.Args[1] == "group" {
		group(os.Args[2], os.Args[3], os.Args[4], os.Args[5:])
		return
	}
	broker, topic := os.Args[1], os.Args[3]
	config := sarama.NewConfig()
	version := parse(os.Args[2])
	config.Version = version
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Compression = codecs[os.Args[4]]
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Flush.Messages = records
	config.Consumer.Return.Errors = true

	client, err := sarama.NewClient([]string{broker}, config)
	must(err)
	if version.IsAtLeast(sarama.V0_11_0_0) {
		admin, err := sarama.NewClusterAdminFromClient(client)
		must(err)
		must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
		again := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false)
		if again == nil || !strings.Contains(again.Error(), "already exists") {
			log.Fatal("created twice: ", again)
		}
		topics, err := admin.ListTopics()
		must(err)
		if topics[topic].NumPartitions != 1 {
			log.Fatal("listed: ", topics[topic])
		}
	}
	for client.RefreshMetadata(topic) != nil {
		time.Sleep(100 * time.Millisecond)
	}

	producer, err := sarama.NewAsyncProducerFromClient(client)
	must(err)
	for n := 0; n < records; n++ {
		message := &sarama.ProducerMessage{
			Topic: topic, Key: sarama.StringEncoder(fmt.Sprintf("%03d", n)), Value: sarama.StringEncoder(fmt.Sprintf("record %03d", n)),
			Timestamp: time.UnixMilli(1700000000000 + int64(n)),
		}
		if version.IsAtLeast(sarama.V0_11_0_0) {
			message.Headers = []sarama.RecordHeader{{Key: []byte("n"), Value: []byte(fmt.Sprintf("%03d", n))}}
		}
		producer.Input() <- message
	}
	for n := 0; n < records; n++ {
		select {
		case sent := <-producer.Successes():
			if sent.Offset < 0 || sent.Offset >= records {
				log.Fatal("acknowledged at ", sent.Offset)
			}
		case failed := <-producer.Errors():
			log.Fatal("refused: ", failed)
		}
	}

	consumer, err := sarama.NewConsumerFromClient(client)
	must(err)
	partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetOldest)
	must(err)
	for n := 0; n < records; n++ {
		select {
		case m := <-partition.Messages():
			want := fmt.Sprintf("%03d", n)
			if m.Offset != int64(n) || string(m.Key) != want || string(m.Value) != "record "+want {
				log.Fatalf("record %d is %d %q %q", n, m.Offset, m.Key, m.Value)
			}
			if version.IsAtLeast(sarama.V0_10_0_0) && m.Timestamp.UnixMilli() != 1700000000000+int64(n) {
				log.Fatalf("record %d has time %v", n, m.Timestamp)
			}
			if version.IsAtLeast(sarama.V0_11_0_0) && (len(m.Headers) != 1 || string(m.Headers[0].Value) != want) {
				log.Fatalf("record %d has headers %v", n, m.Headers)
			}
		case err := <-partition.Errors():
			log.Fatal("not readable: ", err)
		case <-time.After(30 * time.Second):
			log.Fatal("no record ", n, " in 30 s")
		}
	}
	must(partition.Close())

	show := func(what string, at int64) {
		offset, err := client.GetOffset(topic, 0, at)
		must(err)
		fmt.Println(what, offset)
	}
	show("oldest", sarama.OffsetOldest)
	show("newest", sarama.OffsetNewest)
	if version.IsAtLeast(sarama.V0_10_1_0) { // before, ListOffsets v0 answered by segments
		show("by time", 1700000000042)
		show("future", 4102444800000)
	}
	must(producer.Close())
}
