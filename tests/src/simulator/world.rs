//! One run of the simulation: what there is, what goes wrong when, and what is checked.

use std::sync::Arc;

use logboat_core::config::BrokerConfig;
use logboat_core::shard::{Settings, StoreProfile};

use super::client::{Admin, Client, Consumer, Field, Producer, Role, Style, add_groups};
use super::host::{Around, Host, clocks};
use super::inspector::Inspector;
use super::model::{Keeping, Model, Stage, Topic, Tp};
use super::network::{Agenda, Event, MS, Network};
use super::random::Stream;
use super::store::{Crash, Defect, Store};
use super::trace::Trace;

/// A second in the simulation's time, ns.
const SECOND: u64 = 1000 * MS;
/// More events than any run may have.
const EVENT_BUDGET: u64 = 3_000_000;
/// How long after the trouble everything must have ended, ns.
const CALM: u64 = 120 * SECOND;

/// What a run is like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether to print every event.
    pub trace: bool,
    /// What the store does wrong.
    pub defect: Option<Defect>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was wrong, if anything.
    pub failure: Option<String>,
    /// The trace's number.
    pub hash: u64,
    /// Events that happened.
    pub events: u64,
    /// Batches that were acknowledged.
    pub acknowledged: u64,
    /// Batches that consumers saw.
    pub seen: u64,
    /// How often the broker was started.
    pub runs: u64,
    /// How often a crash was looked at from beside.
    pub inspections: u64,
    /// When the run ended, in its own time, ms.
    pub ended_ms: u64,
}

/// What an opened copy has: its hash where replay was complete, and the end of each partition.
type Opened = (Option<u64>, Vec<(Tp, i64)>);

#[derive(Debug)]
struct World {
    seed: u64,
    now: u64,
    agenda: Agenda,
    network: Network,
    store: Store,
    trace: Trace,
    model: Model,
    clients: Vec<Client>,
    host: Option<Host>,
    runs: u64,
    events: u64,
    inspections: u64,
    settings: Settings,
    calm: bool,
    trouble_ends: u64,
    store_dice: Stream,
    client_dice: Stream,
    trouble_dice: Stream,
    crash_dice: Stream,
    /// What the next start must find.
    expected: Option<u64>,
    /// The last crash was a power failure.
    lossy: bool,
    /// The last stop is on its way.
    finishing: bool,
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, options: Options) -> Report {
    let mut world = World::new(seed, options);
    let failure = world.play().err();
    Report {
        failure,
        hash: world.trace.hash(),
        events: world.events,
        acknowledged: world.model.acknowledged,
        seen: world.model.seen,
        runs: world.runs,
        inspections: world.inspections,
        ended_ms: world.now / MS,
    }
}

impl World {
    fn new(seed: u64, options: Options) -> Self {
        let mut dice = Stream::new(seed, "world");
        let mut model = Model::default();
        let mut partitions: Vec<Tp> = Vec::new();
        for number in 0..dice.range(1, 4) as u16 {
            let keeping = match dice.below(4) {
                0 => Keeping::Newest,
                1 => Keeping::Unflushed,
                _ => Keeping::All,
            };
            let count = dice.range(1, 5) as i32;
            partitions.extend((0..count).map(|p| (number, p)));
            model.topics.push(Topic {
                name: format!("topic-{number}"),
                partitions: count,
                keeping,
                stage: Stage::Absent,
                id: None,
                incarnation: 0,
                spared: false,
            });
        }
        let some = |dice: &mut Stream| -> Vec<Tp> {
            let kept: Vec<Tp> =
                partitions.iter().copied().filter(|_| dice.per_mille(600)).collect();
            if kept.is_empty() { partitions.clone() } else { kept }
        };
        let small = model.topics.iter().any(|topic| topic.keeping == Keeping::Newest);
        let deletes = if dice.per_mille(500) { dice.range(20, 300) } else { 0 };
        let mut clients = vec![Client::new(0, Role::Admin(Admin::new(deletes)))];
        for _ in 0..dice.range(1, 5) {
            let idempotent = dice.per_mille(500);
            let acks = match dice.below(4) {
                _ if idempotent => -1,
                0 => 0,
                1 => 1,
                _ => -1,
            };
            let style = Style {
                acks,
                idempotent,
                in_flight: if idempotent { dice.range(1, 5) as usize } else { 1 },
                quota: dice.range(20, 150) as u32,
                version: dice.range(3, 13) as i16,
                // A batch must fit a segment, and those that retention takes are small.
                largest: *dice
                    .pick(if small { &[600, 3000] } else { &[3000, 20_000] })
                    .unwrap_or(&600),
            };
            let number = clients.len();
            let producer = Producer::new(number as i64, style, some(&mut dice));
            clients.push(Client::new(number, Role::Producer(producer)));
        }
        for _ in 0..dice.range(1, 4) {
            let max_bytes = *dice.pick(&[2000, 30_000, 1_000_000]).unwrap_or(&30_000);
            let consumer = Consumer::new(
                dice.range(4, 18) as i16,
                dice.per_mille(600),
                max_bytes,
                some(&mut dice),
            );
            let number = clients.len();
            clients.push(Client::new(number, Role::Consumer(consumer)));
        }
        let mut group_dice = Stream::new(seed, "groups");
        add_groups(&mut group_dice, &mut model, &mut clients);
        let delay = group_dice.pick(&["0", "0", "300"]).copied().unwrap_or("0");
        let disk = dice.per_mille(700);
        let profile = StoreProfile {
            journal_file_bytes: *dice.pick(&[32 << 10, 64 << 10, 256 << 10]).unwrap_or(&65_536),
            alignment: if disk { 4096 } else { 1 },
            tail_bytes: *dice.pick(&[0, 20_000, 1 << 20]).unwrap_or(&0),
        };
        let pairs = [
            ("log.retention.check.interval.ms", "1500"),
            ("producer.id.expiration.ms", "86400000"),
            ("group.min.session.timeout.ms", "500"),
            ("group.initial.rebalance.delay.ms", delay),
            ("offsets.topic.num.partitions", "3"),
        ];
        let broker = BrokerConfig::from_pairs(pairs).expect("a good configuration");
        let settings = Settings { broker: Arc::new(broker), profile, seed };
        Self {
            seed,
            now: SECOND,
            agenda: Agenda::default(),
            network: Network::new(Stream::new(seed, "network")),
            store: Store::new(dice.per_mille(500), options.defect),
            trace: Trace::new(options.trace),
            model,
            clients,
            host: None,
            runs: 0,
            events: 0,
            inspections: 0,
            settings,
            calm: false,
            trouble_ends: dice.range(3, 15) * SECOND,
            store_dice: Stream::new(seed, "store"),
            client_dice: Stream::new(seed, "clients"),
            trouble_dice: Stream::new(seed, "trouble"),
            crash_dice: Stream::new(seed, "crash"),
            expected: None,
            lossy: false,
            finishing: false,
        }
    }

    fn play(&mut self) -> Result<(), String> {
        self.trace.say(|| format!("seed {}: {:?}", self.seed, self.settings.profile));
        for number in 0..self.clients.len() {
            self.agenda.plan(self.now, Event::Wake(number));
        }
        self.agenda.plan(self.now, Event::Start);
        self.agenda.plan(self.now + 300 * MS, Event::Trouble);
        self.agenda.plan(self.now + 500 * MS, Event::Inspect);
        loop {
            self.events += 1;
            if self.events > EVENT_BUDGET {
                return Err("livelock: events never end".into());
            }
            if !self.calm && self.now >= self.trouble_ends {
                self.calm_down();
            }
            if self.calm && self.is_finished() {
                return self.finish();
            }
            if self.now > self.trouble_ends + CALM {
                return Err(self.unfinished());
            }
            self.step()?;
        }
    }

    /// The next thing that happens.
    fn step(&mut self) -> Result<(), String> {
        let planned = self.agenda.next_time();
        let deadline = self.host.as_ref().filter(|host| host.ready).and_then(Host::deadline);
        let deadline = deadline.map(|at| at.max(self.now));
        match (planned, deadline) {
            (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                let Some((at, event)) = self.agenda.pop() else { return Ok(()) };
                self.now = self.now.max(at);
                self.trace.at(self.now);
                self.happen(event)
            }
            (_, Some(at)) => {
                self.now = at;
                self.trace.at(at);
                self.trace.note("tick", 0, 0);
                self.with_host(|host, around| host.tick(around))
            }
            (_, None) => Err("nothing will ever happen again".into()),
        }
    }

    fn around(&mut self) -> (Option<&mut Host>, Around<'_>) {
        let around = Around {
            now: self.now,
            agenda: &mut self.agenda,
            network: &mut self.network,
            store: &mut self.store,
            trace: &mut self.trace,
            dice: &mut self.store_dice,
            calm: self.calm,
        };
        (self.host.as_mut(), around)
    }

    fn with_host(
        &mut self,
        act: impl FnOnce(&mut Host, &mut Around<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let (Some(host), mut around) = self.around() else { return Ok(()) };
        let was_ready = host.ready;
        act(host, &mut around)?;
        let (ready, failed, stopped) = (host.ready, host.failed, host.stopped);
        if ready && !was_ready {
            self.recovered()?;
        }
        if stopped && !self.finishing {
            return self.stopped();
        }
        if failed && self.host.is_some() {
            // A broker whose journal failed is of no use: somebody starts it again.
            self.agenda.plan(self.now + 500 * MS, Event::Start);
        }
        Ok(())
    }

    fn with_client(
        &mut self,
        number: usize,
        act: impl FnOnce(&mut Client, &mut Field<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(client) = self.clients.get_mut(number) else { return Ok(()) };
        let mut field = Field {
            now: self.now,
            agenda: &mut self.agenda,
            network: &mut self.network,
            model: &mut self.model,
            trace: &mut self.trace,
            dice: &mut self.client_dice,
            closing: self.calm,
            failed: self.host.as_ref().is_some_and(|host| host.failed),
        };
        act(client, &mut field)
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Stored { run, operation } => {
                if self.runs == run {
                    self.trace.note("stored", run, operation);
                    return self.with_host(|host, around| host.stored(operation, around));
                }
                Ok(())
            }
            Event::ToBroker(id) => self.at_broker(id),
            Event::ToClient(id) => self.at_client(id),
            Event::Wake(number) => self.with_client(number, |client, field| {
                client.wake(field);
                Ok(())
            }),
            Event::Trouble => self.trouble(),
            Event::Start => self.start(),
            Event::Inspect => {
                if !self.calm {
                    let pause = self.trouble_dice.range(50, 1500) * MS;
                    self.agenda.plan(self.now + pause, Event::Inspect);
                    return self.inspect();
                }
                Ok(())
            }
        }
    }

    fn at_broker(&mut self, id: u64) -> Result<(), String> {
        let ready = self.host.as_ref().is_some_and(|host| host.ready);
        if self.network.link(id).is_none() {
            return self.with_host(|host, around| host.lost(id, around));
        }
        if !ready {
            return self.reset(id);
        }
        if self.network.link(id).is_some_and(|link| link.ends) {
            return Ok(());
        }
        self.with_host(|host, around| host.receive(id, around))
    }

    fn at_client(&mut self, id: u64) -> Result<(), String> {
        let Some(link) = self.network.link(id) else { return Ok(()) };
        let (client, ends) = (link.client, link.ends);
        while let Some((sent, bytes)) = self.network.at_client(id, self.now) {
            self.with_client(client, |client, field| client.receive(sent, &bytes, field))?;
        }
        if ends && self.network.queued_to_client(id) == 0 {
            return self.reset(id);
        }
        self.with_host(|host, around| host.go_on(id, around))
    }

    /// Ends a connection for both sides.
    fn reset(&mut self, id: u64) -> Result<(), String> {
        if let Some(client) = self.network.cut(id) {
            self.trace.note("reset", id, 0);
            self.with_client(client, |client, field| {
                if client.connection() == Some(id) {
                    client.lost(field);
                }
                Ok(())
            })?;
        }
        self.with_host(|host, around| host.lost(id, around))
    }

    fn start(&mut self) -> Result<(), String> {
        if let Some(host) = &self.host {
            if !host.failed {
                return Ok(());
            }
            self.crash(Crash::Killed)?;
        }
        self.runs += 1;
        self.trace.note("start", self.runs, 0);
        self.model.groups.begins_run(self.runs);
        // A host draws a new seed at every start.
        let run = self.runs;
        let settings = Settings { seed: self.seed ^ run << 40, ..self.settings.clone() };
        let (_, mut around) = self.around();
        self.host = Some(Host::open(run, settings, &mut around)?);
        Ok(())
    }

    /// The broker has recovered: what it found must be what was there.
    fn recovered(&mut self) -> Result<(), String> {
        let found = self.host.as_ref().and_then(|host| host.replayed);
        if let (Some(expected), Some(found)) = (self.expected.take(), found)
            && expected != found
        {
            return Err(format!("replay gives {found:x}, and beside it gave {expected:x}"));
        }
        Ok(())
    }

    /// The process ends, and with it what was not flushed.
    fn crash(&mut self, crash: Crash) -> Result<(), String> {
        self.trace.note("crash", u64::from(crash == Crash::Power), 0);
        self.host = None;
        for id in self.network.all() {
            self.reset(id)?;
        }
        let store = std::mem::replace(&mut self.store, Store::new(false, None));
        self.store = store.after(crash, &mut self.crash_dice);
        self.lossy |= crash == Crash::Power;
        self.expected = None;
        if self.runs > 0 {
            let (expected, ends) = self.look(self.store.copy(), self.lossy, "after the crash")?;
            self.expected = expected;
            for (tp, end) in ends {
                if self.lossy {
                    self.model.forgets(tp, end);
                }
            }
            self.lossy = false;
        }
        let pause = self.trouble_dice.range(1, 500) * MS;
        self.agenda.plan(self.now + pause, Event::Start);
        Ok(())
    }

    /// The broker has stopped in order: it has flushed everything.
    fn stopped(&mut self) -> Result<(), String> {
        let Some(host) = self.host.take() else { return Ok(()) };
        self.trace.note("has stopped", 0, 0);
        for id in self.network.all() {
            self.reset(id)?;
        }
        let store = std::mem::replace(&mut self.store, Store::new(false, None));
        self.store = store.after(Crash::Power, &mut self.crash_dice);
        let orderly = host.ready && !host.failed && !host.waits_for_room;
        let (replayed, ends) = self.look(self.store.copy(), !orderly, "after a stop")?;
        if orderly && replayed != Some(host.state_hash()) {
            return Err(format!(
                "a clean stop at {:x}, replay gives {replayed:x?}",
                host.state_hash()
            ));
        }
        for (tp, end) in ends.into_iter().filter(|_| !orderly) {
            self.model.forgets(tp, end);
        }
        self.expected = replayed;
        let pause = self.trouble_dice.range(1, 500) * MS;
        self.agenda.plan(self.now + pause, Event::Start);
        Ok(())
    }

    /// Opens a broker on a copy and compares what it has with the model.
    fn look(&mut self, store: Store, lossy: bool, when: &str) -> Result<Opened, String> {
        self.inspections += 1;
        let told = |error: String| format!("{when}: {error}");
        let mut inspector =
            Inspector::open(clocks(self.now), self.settings.clone(), store).map_err(told)?;
        let ends = inspector.audit(&self.model, lossy).map_err(told)?;
        Ok((inspector.replayed, ends))
    }

    /// Looks at what a crash would leave at this moment, and at what is there without one.
    fn inspect(&mut self) -> Result<(), String> {
        let Some(host) = self.host.as_ref().filter(|host| host.ready && !host.failed) else {
            return Ok(());
        };
        self.trace.note("inspect", 0, 0);
        if self.store.is_idle() && !host.waits_for_room {
            let hash = host.state_hash();
            let (replayed, _) = self.look(self.store.live_copy(), false, "beside")?;
            if replayed != Some(hash) {
                if let (Some(dir), Some(host)) = (std::env::var_os("SIMULATE_DUMP"), &self.host) {
                    let path = std::path::Path::new(&dir).join("running.txt");
                    std::fs::write(path, host.dump()).map_err(|error| error.to_string())?;
                }
                return Err(format!("replay gives {replayed:x?}, the running broker has {hash:x}"));
            }
        }
        let power = self.crash_dice.per_mille(700);
        let crash = if power { Crash::Power } else { Crash::Killed };
        let mut left = self.store.clone().after(crash, &mut self.crash_dice);
        // A crash in the middle of the recovery.
        for _ in 0..self.crash_dice.below(3) {
            let effects = self.crash_dice.range(1, 12);
            left = Inspector::open_partly(clocks(self.now), self.settings.clone(), left, effects)
                .map_err(|error| format!("recovery that is cut short: {error}"))?
                .after(Crash::Power, &mut self.crash_dice);
        }
        self.look(left.copy(), true, "if it crashed now").map(drop)
    }

    fn trouble(&mut self) -> Result<(), String> {
        if self.calm {
            return Ok(());
        }
        let pause = self.trouble_dice.range(10, 700) * MS;
        self.agenda.plan(self.now + pause, Event::Trouble);
        match self.trouble_dice.below(100) {
            0..=7 => self.crash(Crash::Power),
            8..=11 => self.crash(Crash::Killed),
            12..=40 => {
                let all = self.network.all();
                match self.trouble_dice.pick(&all).copied() {
                    Some(id) => self.reset(id),
                    None => Ok(()),
                }
            }
            49..=54 => {
                self.trace.note("shut down", 0, 0);
                self.with_host(|host, around| host.shut_down(around))
            }
            41..=46 => {
                self.store.full = !self.store.full;
                self.trace.note("full", u64::from(self.store.full), 0);
                Ok(())
            }
            47 | 48 => {
                self.store.fail_append = true;
                self.trace.note("disk fails", 0, 0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn calm_down(&mut self) {
        self.trace.note("calm", 0, 0);
        self.calm = true;
        self.network.calm = true;
        self.store.full = false;
        self.store.fail_append = false;
        for number in 0..self.clients.len() {
            self.agenda.plan(self.now, Event::Wake(number));
        }
    }

    fn is_finished(&self) -> bool {
        self.host.as_ref().is_some_and(|host| host.ready && !host.failed)
            && self.clients.iter().all(|client| client.is_done(&self.model))
    }

    fn unfinished(&self) -> String {
        let clients = self.clients.iter().filter(|client| !client.is_done(&self.model));
        let clients: Vec<String> = clients.map(Client::describe).collect();
        format!(
            "not finished in calm: host {:?}; {}",
            self.host.as_ref().map(|host| (host.ready, host.failed, host.stopped)),
            clients.join("; ")
        )
    }

    /// Stops the broker in order and looks at what it leaves.
    fn finish(&mut self) -> Result<(), String> {
        self.trace.note("finish", 0, 0);
        self.finishing = true;
        self.with_host(|host, around| host.shut_down(around))?;
        let limit = self.now + 10 * SECOND;
        while !self.host.as_ref().is_some_and(|host| host.stopped) {
            if self.now > limit {
                return Err("the broker does not stop".into());
            }
            self.step()?;
        }
        let hash = self.host.as_ref().map(Host::state_hash);
        // A clean stop has flushed everything: even a power failure takes nothing.
        let store = std::mem::replace(&mut self.store, Store::new(false, None));
        self.store = store.after(Crash::Power, &mut self.crash_dice);
        let (replayed, _) = self.look(self.store.copy(), false, "after a clean stop")?;
        if replayed != hash {
            return Err(format!("a clean stop at {hash:x?}, replay gives {replayed:x?}"));
        }
        Ok(())
    }
}
