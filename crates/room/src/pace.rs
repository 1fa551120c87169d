use crate::limits::{LATE_MS, SHED_MOST};

/// Late ticks in a row after which poses are sent less often.
const LATE_ONES: u32 = 3;
/// Ticks in time, in a row, after which they are sent more often again.
const TIMELY_ONES: u32 = 60;

/// Whether the server keeps up with the room's ticks, and how much less often poses are sent where it does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    shed: u32,
    late: u32,
    timely: u32,
}

impl Pace {
    /// A tick has come so much later than it should. Answers what to tell [`crate::Room::shed`].
    pub fn tick(&mut self, late_ms: i64) -> u32 {
        if late_ms > LATE_MS {
            (self.late, self.timely) = (self.late + 1, 0);
        } else {
            (self.late, self.timely) = (0, self.timely + 1);
        }
        if self.late == LATE_ONES {
            self.shed = (self.shed + 1).min(SHED_MOST);
            self.late = 0;
        }
        if self.timely == TIMELY_ONES {
            self.shed = self.shed.saturating_sub(1);
            self.timely = 0;
        }
        self.shed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_late_sheds_step_by_step_and_takes_it_back_when_it_keeps_up() {
        let mut pace = Pace::default();
        let mut shed = |ticks: u32, late_ms| (0..ticks).fold(0, |_, _| pace.tick(late_ms));
        assert_eq!(shed(2, 200), 0);
        assert_eq!(shed(1, 0), 0, "one in time in between");
        assert_eq!(shed(3, 200), 1);
        assert_eq!(shed(100, 200), SHED_MOST);
        assert_eq!(shed(59, 0), SHED_MOST);
        assert_eq!(shed(1, 0), SHED_MOST - 1);
        assert_eq!(shed(1_000, 0), 0);
    }
}
