//! What must be true of groups: who was given what in which generation, and which offsets were committed.
//!
//! Like the rest of the model it knows only what clients sent and were told, never the broker's own state.

use std::collections::BTreeMap;

use logboat_core::protocol::KString;

/// A group, by its number, and a partition of the topic that its members read.
pub type Gp = (u16, i32);

/// Commits of a partition that are remembered.
const REMEMBERED: usize = 300;

/// A list of assignments that a leader handed in.
#[derive(Clone, Debug)]
struct List {
    group: u16,
    generation: i32,
    /// Member, partitions.
    entries: Vec<(KString, Vec<i32>)>,
}

/// What a member has been given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    group: u16,
    generation: i32,
    partitions: Vec<i32>,
}

/// A commit that was sent.
#[derive(Clone, Copy, Debug)]
struct Commit {
    value: i64,
    asked_at: u64,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing was heard of it.
    Sent,
    /// It was acknowledged at this time.
    Acknowledged(u64),
    /// Its connection was gone at this time: it was done before that, or never will be.
    Lost(u64),
    /// It was refused.
    Refused,
}

/// Who asks for something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// The group.
    pub group: u16,
    /// The generation that it is in.
    pub generation: i32,
    /// When it asked, ns.
    pub asked_at: u64,
    /// In which run of the broker.
    pub run: u64,
}

/// The model of all groups.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Which run of the broker this is.
    pub run: u64,
    /// Members and partitions of each group.
    pub sizes: Vec<(usize, i32)>,
    /// How many commits were acknowledged.
    pub acknowledged: u64,
    /// How many generations were handed out.
    pub generations: u64,
    lists: BTreeMap<u64, List>,
    /// The one list of a generation of which somebody was told, and when that was first.
    bound: BTreeMap<(u16, i32), (u64, u64)>,
    /// Generations that members of this run were told of, by the time at which the broker said so.
    told: BTreeMap<(u16, u64), i32>,
    /// The largest of them, and when it reached its member, in this run.
    newest: BTreeMap<(u16, i32), u64>,
    owners: BTreeMap<(u16, i32, i32), usize>,
    held: BTreeMap<usize, Held>,
    commits: BTreeMap<Gp, Vec<Commit>>,
    values: i64,
}

impl Groups {
    /// The broker is started anew: what was told and not stored may be told again.
    pub fn begins_run(&mut self, run: u64) {
        self.run = run;
        self.told.clear();
        self.newest.clear();
    }

    /// A member was told that it has joined a generation; the broker said so at `sent`.
    ///
    /// # Errors
    /// Where the generation went back.
    pub fn joins(&mut self, asker: Asker, sent: u64, now: u64) -> Result<(), String> {
        let Asker { group, generation, .. } = asker;
        if let Some(known) = self.bound_before(asker).filter(|known| *known > generation) {
            return Err(format!(
                "group {group}: generation {generation} is joined, and {known} was handed out before"
            ));
        }
        let before = self.told.range((group, 0)..=(group, sent)).next_back();
        let after = self.told.range((group, sent)..(group + 1, 0)).next();
        if before.is_some_and(|(_, before)| *before > generation)
            || after.is_some_and(|(_, after)| *after < generation)
        {
            return Err(format!(
                "group {group}: generation {generation} at {sent} between {before:?} and {after:?}"
            ));
        }
        self.told.insert((group, sent), generation);
        self.newest.entry((group, generation)).or_insert(now);
        Ok(())
    }

    /// The newest generation of which an assignment had been told when somebody asked.
    fn bound_before(&self, asker: Asker) -> Option<i32> {
        let all = self.bound.range((asker.group, i32::MIN)..=(asker.group, i32::MAX));
        all.filter(|(_, (_, at))| *at < asker.asked_at).map(|((_, known), _)| *known).max()
    }

    /// A leader hands in assignments; gives the list's number.
    pub fn hands_in(
        &mut self,
        group: u16,
        generation: i32,
        entries: Vec<(KString, Vec<i32>)>,
    ) -> u64 {
        let number = self.lists.len() as u64 + 1;
        self.lists.insert(number, List { group, generation, entries });
        number
    }

    /// A client was told what it is to read: `entry` of list `number`.
    ///
    /// # Errors
    /// Where that list is not of its generation, or not the only one, or the entry is somebody else's.
    pub fn is_given(
        &mut self,
        client: usize,
        asker: Asker,
        number: u64,
        is_own: impl Fn(&KString) -> bool,
        now: u64,
    ) -> Result<Vec<i32>, String> {
        let Asker { group, generation, .. } = asker;
        let list = self.lists.get(&number).ok_or_else(|| format!("nobody made list {number}"))?;
        if (list.group, list.generation) != (group, generation) {
            return Err(format!(
                "group {group}: in generation {generation} a list of generation {} is told",
                list.generation
            ));
        }
        let (bound, _) = *self.bound.entry((group, generation)).or_insert_with(|| {
            self.generations += 1;
            (number, now)
        });
        if bound != number {
            return Err(format!(
                "group {group}: in generation {generation} list {bound} was told, and now {number}"
            ));
        }
        let own: Vec<&Vec<i32>> =
            list.entries.iter().filter(|(id, _)| is_own(id)).map(|(_, mine)| mine).collect();
        let [mine] = own[..] else {
            return Err(format!(
                "group {group}: client {client} is told of list {number}, which is not for it"
            ));
        };
        let mine = mine.clone();
        for partition in &mine {
            let owner = *self.owners.entry((group, generation, *partition)).or_insert(client);
            if owner != client {
                return Err(format!(
                    "group {group}: partition {partition} is {owner}'s and {client}'s in {generation}"
                ));
            }
        }
        self.held.insert(client, Held { group, generation, partitions: mine.clone() });
        Ok(mine)
    }

    /// A client has nothing any more.
    pub fn gives_up(&mut self, client: usize) {
        self.held.remove(&client);
    }

    /// Whether all members of a group are in one generation and have all partitions between them.
    #[must_use]
    pub fn is_settled(&self, group: u16) -> bool {
        let Some((members, partitions)) = self.sizes.get(usize::from(group)) else { return false };
        let held: Vec<&Held> = self.held.values().filter(|held| held.group == group).collect();
        let mut all: Vec<i32> = held.iter().flat_map(|held| held.partitions.clone()).collect();
        all.sort_unstable();
        held.len() == *members
            && held.iter().all(|one| Some(one.generation) == held.first().map(|h| h.generation))
            && all.into_iter().eq(0..*partitions)
    }

    /// A commit leaves a member: the value to be committed, which no other commit has.
    pub fn commits(&mut self, gp: Gp, now: u64) -> i64 {
        self.values += 1;
        let commit = Commit { value: self.values, asked_at: now, fate: Fate::Sent };
        self.commits.entry(gp).or_default().push(commit);
        self.values
    }

    fn resolve(&mut self, gp: Gp, value: i64, fate: Fate) {
        let all = self.commits.entry(gp).or_default();
        if let Some(commit) = all.iter_mut().find(|commit| commit.value == value) {
            commit.fate = fate;
        }
        // An answer may be on its way for long, but not for so long.
        if all.len() > REMEMBERED {
            all.remove(0);
        }
    }

    /// A commit was acknowledged.
    ///
    /// # Errors
    /// Where a newer generation had been told of before it was sent: then it is a stranger's.
    pub fn acknowledges(
        &mut self,
        asker: Asker,
        gp: Gp,
        value: i64,
        now: u64,
    ) -> Result<(), String> {
        let newest =
            self.newest.range((asker.group, asker.generation + 1)..=(asker.group, i32::MAX));
        let told = newest.filter(|(_, at)| asker.run == self.run && **at < asker.asked_at);
        let told = told.map(|((_, generation), _)| *generation).next();
        let bound = self.bound_before(asker).filter(|known| *known > asker.generation);
        if let Some(known) = told.or(bound) {
            return Err(format!(
                "group {}: a commit of generation {} is acknowledged in {known}",
                asker.group, asker.generation
            ));
        }
        self.acknowledged += 1;
        self.resolve(gp, value, Fate::Acknowledged(now));
        Ok(())
    }

    /// A commit was refused.
    pub fn refuses(&mut self, gp: Gp, value: i64) {
        self.resolve(gp, value, Fate::Refused);
    }

    /// Nothing will be heard of a commit.
    pub fn loses(&mut self, gp: Gp, value: i64, now: u64) {
        self.resolve(gp, value, Fate::Lost(now));
    }

    /// Somebody who asked at `asked_at` was told that `value` is committed, −1 for nothing.
    ///
    /// # Errors
    /// Where that was not sent, or was refused, or something newer was acknowledged before.
    pub fn reads(&self, gp: Gp, value: i64, asked_at: u64, who: &str) -> Result<(), String> {
        let none = Vec::new();
        let all = self.commits.get(&gp).unwrap_or(&none);
        let found = all.iter().find(|commit| commit.value == value);
        let over = match found.map(|commit| commit.fate) {
            None if value == -1 => 0,
            None => return Err(format!("{who}: {gp:?} has {value}, which is older or nobody's")),
            Some(Fate::Refused) => {
                return Err(format!("{who}: {gp:?} has {value}, which was refused"));
            }
            Some(Fate::Sent) => u64::MAX,
            Some(Fate::Acknowledged(at) | Fate::Lost(at)) => at,
        };
        let newer = all.iter().find(|commit| {
            commit.value != value
                && commit.asked_at > over
                && matches!(commit.fate, Fate::Acknowledged(at) if at < asked_at)
        });
        match newer {
            Some(newer) => {
                Err(format!("{who}: {gp:?} has {value}, and {} had been acknowledged", newer.value))
            }
            // A first commit that was acknowledged is never nothing.
            None if value == -1 => {
                let any = all
                    .iter()
                    .find(|commit| matches!(commit.fate, Fate::Acknowledged(at) if at < asked_at));
                any.map_or(Ok(()), |any| {
                    Err(format!("{who}: {gp:?} has nothing, and {} was acknowledged", any.value))
                })
            }
            None => Ok(()),
        }
    }
}
