// Telegraf 1.37.2: its agent, its configuration, its Kafka output with the format in which that writes unless told
// otherwise, and the inputs that telegraf.conf names, without the hundreds of plugins that would take long to build.
//
//	telegraf-newest --config telegraf.conf
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"github.com/influxdata/telegraf/agent"
	"github.com/influxdata/telegraf/config"
	_ "github.com/influxdata/telegraf/plugins/inputs/cpu"
	_ "github.com/influxdata/telegraf/plugins/inputs/mem"
	_ "github.com/influxdata/telegraf/plugins/outputs/kafka"
	_ "github.com/influxdata/telegraf/plugins/serializers/influx"
)

func main() {
	file := flag.String("config", "", "configuration file to load")
	flag.Parse()
	configured := config.NewConfig()
	if err := configured.LoadConfig(*file); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := agent.NewAgent(configured).Run(ctx); err != nil {
		log.Fatal(err)
	}
}
