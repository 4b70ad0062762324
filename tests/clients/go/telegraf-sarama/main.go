// Sarama 1.27.2 with the settings of Telegraf 1.17.2's outputs.kafka when only brokers and topic are given: protocol
// 1.0.0, acks of all, no compression, no key, and a batch header whose largest timestamp sarama leaves unset (trap 14).
//
//	telegraf-sarama BROKER TOPIC    sends ten metrics of 1700000000..1700000009 s, then looks offsets up by time
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/Shopify/sarama"
)

func main() {
	broker, topic := os.Args[1], os.Args[2]
	config := sarama.NewConfig() // its default version is 1.0.0
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Retry.Max = 3
	config.Producer.Compression = sarama.CompressionNone
	if config.Version != sarama.V1_0_0_0 {
		log.Fatal("default version ", config.Version)
	}
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	if err != nil {
		log.Fatal(err)
	}
	var messages []*sarama.ProducerMessage
	for n := int64(0); n < 10; n++ {
		line := fmt.Sprintf("cpu,host=boat usage_idle=%d %d\n", 90+n, (1700000000+n)*1e9)
		messages = append(messages, &sarama.ProducerMessage{
			Topic: topic, Value: sarama.StringEncoder(line), Timestamp: time.Unix(1700000000+n, 0),
		})
	}
	if err := producer.SendMessages(messages); err != nil {
		log.Fatal(err)
	}
	client, err := sarama.NewClient([]string{broker}, config)
	if err != nil {
		log.Fatal(err)
	}
	partitions, err := client.Partitions(topic)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("partitions", len(partitions))
	for _, at := range []int64{1700000000000, 1700000004001, 4102444800000} {
		found := 0
		for _, partition := range partitions {
			if offset, err := client.GetOffset(topic, partition, at); err != nil {
				log.Fatal(err)
			} else if offset >= 0 {
				found++
			}
		}
		fmt.Println("at", at, "found", found > 0)
	}
}
