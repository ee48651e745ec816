//! Draws a schedule from a seed.

use domain::Role;

use super::dice::Dice;
use super::schedule::{Capture, Damage, Event, Fate, Person, Schedule, Sync, TOWNS};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// How far clocks are off.
const OFFSETS_MS: [i64; 8] =
    [0, MINUTE_MS, -MINUTE_MS, 10 * MINUTE_MS, 3 * DAY_MS, -3 * DAY_MS, 400 * DAY_MS, -9_000 * DAY_MS];
/// Numbers that choose among what is there are drawn below this.
const CHOICE_END: usize = 64;

impl Schedule {
    /// The schedule of a seed with so many events.
    #[must_use]
    pub fn draw(seed: u64, events: usize) -> Self {
        let mut dice = Dice::new(seed);
        let people = (0..2 + dice.below(3)).map(|_| person(&mut dice)).collect::<Vec<_>>();
        // Small worlds meet more often; every size up to eight comes up.
        let devices = 2 + dice.below(3) + if dice.one_in(4) { dice.below(4) } else { 0 };
        let devices: Vec<usize> = (0..devices).map(|_| dice.below(people.len())).collect();
        let mut drawing = Drawing { dice, people: people.len(), devices: devices.len() };
        let mut list: Vec<Event> = Vec::with_capacity(events);
        for device in 0..devices.len() {
            // One in five writes a while before it is enrolled.
            if !drawing.dice.one_in(5) {
                list.push(Event::Enrol(device, false));
            }
        }
        list.push(Event::Capture(drawing.device(), Capture::Site(drawing.choice(), Some(drawing.choice()))));
        (0..events).for_each(|_| list.push(drawing.event()));
        Self { seed, people, devices, events: list }
    }
}

fn person(dice: &mut Dice) -> Person {
    let role = *dice.pick(&[Role::Inspector, Role::Inspector, Role::Inspector, Role::DustTeam, Role::Supervisor]);
    Person { role, towns: towns(dice) }
}

/// Townships that overlap often.
fn towns(dice: &mut Dice) -> Option<Vec<usize>> {
    if dice.one_in(5) {
        return None;
    }
    let mut some: Vec<usize> = (0..TOWNS.len()).filter(|_| !dice.one_in(3)).collect();
    if some.is_empty() {
        some.push(0);
    }
    Some(some)
}

struct Drawing {
    dice: Dice,
    people: usize,
    devices: usize,
}

impl Drawing {
    fn device(&mut self) -> usize {
        self.dice.below(self.devices)
    }

    fn choice(&mut self) -> usize {
        self.dice.below(CHOICE_END)
    }

    fn event(&mut self) -> Event {
        match self.dice.below(100) {
            0..44 => Event::Capture(self.device(), self.capture()),
            44..80 => Event::Sync(self.sync()),
            _ => self.happening(),
        }
    }

    /// What is neither a capture nor a sync.
    fn happening(&mut self) -> Event {
        match self.dice.below(39) {
            0..4 => Event::Straggler(self.choice()),
            4..6 => Event::Partition(u8::try_from(self.dice.below(256)).expect("below 256")),
            6 | 7 => Event::Partition(0),
            8..11 => Event::Restart(self.device()),
            11..14 => Event::Copy(self.device()),
            14..17 => Event::PutBack(self.device()),
            17 | 18 => Event::Clock(self.device(), *self.dice.pick(&OFFSETS_MS)),
            19 => Event::ServerClock(*self.dice.pick(&OFFSETS_MS)),
            20..22 => Event::Backup,
            22..24 => Event::Restore(self.choice()),
            24 | 25 => Event::ServerRestart,
            26 if self.dice.one_in(10) => Event::Forms(self.dice.below(3)),
            26..31 => Event::Towns(self.dice.below(self.people), towns(&mut self.dice)),
            31 | 32 => Event::Role(self.dice.below(self.people), *self.dice.pick(&Role::ALL)),
            33 if self.dice.one_in(3) => Event::Revoke(self.device()),
            34 | 35 => Event::Enrol(self.device(), self.dice.one_in(2)),
            _ => Event::PassOn((0..self.dice.below(4)).map(|_| self.fate()).collect()),
        }
    }

    fn capture(&mut self) -> Capture {
        let of = self.choice();
        match self.dice.below(40) {
            0..4 => Capture::Site(of, (!self.dice.one_in(5)).then(|| self.choice())),
            4..6 => Capture::Inspection(of, self.dice.one_in(2)),
            6 => Capture::Photo(of),
            7 => Capture::Task(of),
            8..20 => Capture::Set(of, self.choice()),
            20..23 => Capture::Row(of, self.choice(), self.dice.one_in(4)),
            23..26 => Capture::Town(of, (!self.dice.one_in(6)).then(|| self.choice())),
            26..29 => Capture::Move(of, self.choice()),
            29 => Capture::Delete(of, true),
            30 => Capture::Delete(of, false),
            31..35 => Capture::Look(of),
            35..39 => Capture::Decide(of),
            _ => Capture::Remark(of),
        }
    }

    fn sync(&mut self) -> Sync {
        let fates =
            if self.dice.one_in(2) { Vec::new() } else { (0..self.dice.below(5)).map(|_| self.fate()).collect() };
        let meanwhile = if self.dice.one_in(4) { vec![(self.dice.below(3), self.meanwhile())] } else { Vec::new() };
        let dies_at = self.dice.one_in(8).then(|| u32::try_from(self.dice.below(8)).expect("small"));
        let bytes = *self.dice.pick(&[128 * 1024, 1_024, 200]);
        let at_relay = self.dice.one_in(6);
        Sync { device: self.device(), fates, meanwhile, dies_at, at_relay, bytes }
    }

    /// Something that happens during a sync; not another interrupted one.
    fn meanwhile(&mut self) -> Event {
        match self.event() {
            Event::Sync(sync) => Event::Sync(Sync { meanwhile: Vec::new(), ..sync }),
            other => other,
        }
    }

    fn fate(&mut self) -> Fate {
        match self.dice.below(16) {
            0..6 => Fate::Arrives,
            6 | 7 => Fate::RequestLost,
            8..11 => Fate::AnswerLost,
            11 => Fate::Twice,
            12 => Fate::RequestDamaged(self.damage()),
            13 => Fate::AnswerDamaged(self.damage()),
            14 => Fate::ServerDiesBefore,
            _ => Fate::ServerDiesAfter,
        }
    }

    fn damage(&mut self) -> Damage {
        match self.dice.below(3) {
            0 => Damage::Cut(self.dice.below(4_096)),
            1 => Damage::Flip(self.dice.below(32_768)),
            _ => Damage::Tail(u8::try_from(self.dice.below(256)).expect("below 256")),
        }
    }
}
