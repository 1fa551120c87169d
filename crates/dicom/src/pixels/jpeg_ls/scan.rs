//! One scan: prediction, contexts and runs (T.87 annex A).

use super::bits::Bits;

/// Run lengths by their index, as powers of two (the array J of T.87 section A.2.1).
const RUN_BITS: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];
/// Contexts of regular mode, after the sign has been taken off.
const CONTEXTS: usize = 365;
/// No mapped error of samples of 16 bits is larger; one that is tells of a damaged stream.
const MOST_MAPPED: i64 = 1 << 17;
/// Beyond this no correction of a prediction goes.
const CORRECTION: std::ops::RangeInclusive<i64> = -128..=127;

/// What a scan's coding depends on (T.87 sections A.2.1 and C.2.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Coding {
    pub most: i64,
    pub near: i64,
    pub thresholds: [i64; 3],
    pub reset: i64,
}

impl Coding {
    /// The default parameters (T.87 section C.2.4.1.1.1) of samples up to `most`.
    pub(super) fn new(most: i64, near: i64) -> Self {
        let (basic, clamp) = ([3, 7, 21], |value: i64, least: i64| {
            if (least..=most).contains(&value) {
                value
            } else {
                least
            }
        });
        let factor = if most >= 128 {
            (most.min(4095) + 128) / 256
        } else {
            256 / (most + 1)
        };
        let at = |place: i64, base: i64, least: i64| {
            let wider = (place * 2 + 1) * near;
            let value = if most >= 128 {
                factor * (base - place - 1) + place + 1 + wider
            } else {
                (base / factor + wider).max(place + 1)
            };
            clamp(value, least)
        };
        let [a, b, c] = basic;
        let first = at(1, a, near + 1);
        let second = at(2, b, first);
        Self {
            most,
            near,
            thresholds: [first, second, at(3, c, second)],
            reset: 64,
        }
    }

    fn range(&self) -> i64 {
        (self.most + 2 * self.near) / (2 * self.near + 1) + 1
    }
}

/// Counts of one context of regular mode.
#[derive(Clone, Copy)]
struct Context {
    errors: i64,
    bias: i64,
    correction: i64,
    count: i64,
}

/// Counts of one context of interrupted runs.
#[derive(Clone, Copy)]
struct RunContext {
    errors: i64,
    negative: i64,
    count: i64,
}

/// A line of one component with a sample more at both ends, so that each sample has its neighbours.
pub(super) type Line = Vec<i32>;

/// Decodes the samples of one scan.
pub(super) struct Scan<'a> {
    pub bits: Bits<'a>,
    coding: Coding,
    range: i64,
    sample_bits: u32,
    limit: u32,
    contexts: [Context; CONTEXTS],
    runs: [RunContext; 2],
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8], coding: Coding) -> Self {
        let range = coding.range();
        let width = |values: i64| 64 - (values.max(1) - 1).leading_zeros();
        let whole = width(coding.most + 1).max(2);
        let errors = ((range + 32) / 64).max(2);
        let run = RunContext {
            errors,
            negative: 0,
            count: 1,
        };
        Self {
            bits: Bits::new(bytes),
            coding,
            range,
            sample_bits: width(range),
            limit: 2 * (whole + whole.max(8)),
            contexts: [Context {
                errors,
                bias: 0,
                correction: 0,
                count: 1,
            }; CONTEXTS],
            runs: [run; 2],
        }
    }

    /// Decodes one line of one component. `None` where the stream is damaged.
    pub(super) fn line(&mut self, above: &[i32], line: &mut [i32], run: &mut usize) -> Option<()> {
        let width = line.len().checked_sub(2)?;
        let mut x = 0;
        while x < width {
            let near = Neighbours::of(above, line, x)?;
            let context = self.context(near);
            if context != 0 {
                *line.get_mut(x + 1)? = self.regular(near, context)?;
                x += 1;
                continue;
            }
            let length = self.run_length(width - x, run)?;
            line.get_mut(x + 1..=x + length)?.fill(small(near.left));
            x += length;
            if x < width {
                let over = i64::from(*above.get(x + 1)?);
                *line.get_mut(x + 1)? = self.interruption(near.left, over, *run)?;
                *run = run.saturating_sub(1);
                x += 1;
            }
        }
        Some(())
    }

    /// Decodes one line of all components, sample by sample.
    pub(super) fn pixels(
        &mut self,
        above: &[Line],
        lines: &mut [Line],
        run: &mut usize,
    ) -> Option<()> {
        let width = lines.first()?.len().checked_sub(2)?;
        let mut x = 0;
        while x < width {
            let mut all = [(Neighbours::default(), 0); 4];
            for ((place, above), line) in all.iter_mut().zip(above).zip(lines.iter()) {
                let near = Neighbours::of(above, line, x)?;
                *place = (near, self.context(near));
            }
            if all.iter().any(|(_, context)| *context != 0) {
                for ((near, context), line) in all.into_iter().zip(lines.iter_mut()) {
                    *line.get_mut(x + 1)? = self.regular(near, context)?;
                }
                x += 1;
                continue;
            }
            let length = self.run_length(width - x, run)?;
            for ((near, _), line) in all.iter().zip(lines.iter_mut()) {
                line.get_mut(x + 1..=x + length)?.fill(small(near.left));
            }
            x += length;
            if x < width {
                for (((near, _), line), above) in all.iter().zip(lines.iter_mut()).zip(above) {
                    let over = i64::from(*above.get(x + 1)?);
                    *line.get_mut(x + 1)? = self.interrupted(near.left, over, *run)?;
                }
                *run = run.saturating_sub(1);
                x += 1;
            }
        }
        Some(())
    }

    /// The context of a sample with the sign that its gradients begin with; 0 in a flat place.
    fn context(&self, near: Neighbours) -> i64 {
        let [first, second, third] = [
            near.above_right - near.above,
            near.above - near.above_left,
            near.above_left - near.left,
        ]
        .map(|gradient| self.quantised(gradient));
        (first * 9 + second) * 9 + third
    }

    fn quantised(&self, gradient: i64) -> i64 {
        let size = gradient.abs();
        let [first, second, third] = self.coding.thresholds;
        let step = if size <= self.coding.near {
            0
        } else if size < first {
            1
        } else if size < second {
            2
        } else if size < third {
            3
        } else {
            4
        };
        step * gradient.signum()
    }

    /// A sample of regular mode (T.87 sections A.4 to A.6).
    fn regular(&mut self, near: Neighbours, context: i64) -> Option<i32> {
        let sign = if context < 0 { -1 } else { 1 };
        let place = usize::try_from(context.abs()).ok()?;
        let Context {
            errors,
            bias,
            correction,
            count,
        } = *self.contexts.get(place)?;
        let golomb = golomb_of(errors, count)?;
        let predicted = (near.predicted() + sign * correction).clamp(0, self.coding.most);
        let mapped = self.golomb(golomb, self.limit)?;
        let turned = self.coding.near == 0 && golomb == 0 && 2 * bias <= -count;
        let error = match (mapped % 2 == 0, turned) {
            (true, false) => mapped / 2,
            (false, false) => -((mapped + 1) / 2),
            (true, true) => -(mapped / 2) - 1,
            (false, true) => (mapped - 1) / 2,
        };
        let (near_value, reset) = (self.coding.near, self.coding.reset);
        self.contexts
            .get_mut(place)?
            .learn(error, near_value, reset);
        Some(self.reconstructed(predicted, error * sign))
    }

    /// How many samples repeat the one to the left (T.87 section A.7.1).
    fn run_length(&mut self, most: usize, run: &mut usize) -> Option<usize> {
        let mut length = 0;
        while self.bits.take(1)? == 1 {
            let whole = 1_usize << RUN_BITS.get(*run)?;
            let part = whole.min(most - length);
            length += part;
            if part == whole {
                *run = (*run + 1).min(RUN_BITS.len() - 1);
            }
            if length == most {
                return Some(length);
            }
        }
        length += usize::try_from(self.bits.take(*RUN_BITS.get(*run)?)?).ok()?;
        (length <= most).then_some(length)
    }

    /// The sample that ends a run in a scan of one component or of lines (T.87 section A.7.2).
    fn interruption(&mut self, left: i64, above: i64, run: usize) -> Option<i32> {
        if (left - above).abs() <= self.coding.near {
            let error = self.run_error(1, run)?;
            return Some(self.reconstructed(left, error));
        }
        self.interrupted(left, above, run)
    }

    /// The sample that ends a run, predicted from above.
    fn interrupted(&mut self, left: i64, above: i64, run: usize) -> Option<i32> {
        let error = self.run_error(0, run)?;
        let sign = if left > above { -1 } else { 1 };
        Some(self.reconstructed(above, error * sign))
    }

    fn run_error(&mut self, kind: usize, run: usize) -> Option<i64> {
        let is_flat = i64::from(kind == 1);
        let RunContext {
            errors,
            negative,
            count,
        } = *self.runs.get(kind)?;
        let golomb = golomb_of(errors + is_flat * (count / 2), count)?;
        let limit = self.limit.checked_sub(*RUN_BITS.get(run)? + 1)?;
        let mapped = self.golomb(golomb, limit)?;
        let doubled = mapped + is_flat;
        let size = (doubled + 1) / 2;
        let odd = doubled % 2 == 1;
        let error = if (golomb != 0 || 2 * negative >= count) == odd {
            -size
        } else {
            size
        };
        let reset = self.coding.reset;
        let context = self.runs.get_mut(kind)?;
        context.negative += i64::from(error < 0);
        context.errors += (mapped + 1 - is_flat) / 2;
        if context.count == reset {
            context.errors /= 2;
            context.count /= 2;
            context.negative /= 2;
        }
        context.count += 1;
        Some(error)
    }

    /// A number of the limited Golomb code (T.87 section A.5.3).
    fn golomb(&mut self, golomb: u32, limit: u32) -> Option<i64> {
        let escape = limit.checked_sub(self.sample_bits + 1)?;
        let high = self.bits.zeros(escape)?;
        if high >= escape {
            return Some(i64::from(self.bits.take(self.sample_bits)?) + 1);
        }
        let value = (i64::from(high) << golomb) + i64::from(self.bits.take(golomb)?);
        (value <= MOST_MAPPED).then_some(value)
    }

    /// Prediction and error together, within the range (T.87 section A.4.5).
    fn reconstructed(&self, predicted: i64, error: i64) -> i32 {
        let step = 2 * self.coding.near + 1;
        let (near, most) = (self.coding.near, self.coding.most);
        let mut value = predicted + error * step;
        if value < -near {
            value += self.range * step;
        } else if value > most + near {
            value -= self.range * step;
        }
        small(value.clamp(0, most))
    }
}

impl Context {
    /// Takes an error into account (T.87 section A.6).
    fn learn(&mut self, error: i64, near: i64, reset: i64) {
        self.bias += error * (2 * near + 1);
        self.errors += error.abs();
        if self.count == reset {
            self.errors /= 2;
            self.bias >>= 1;
            self.count /= 2;
        }
        self.count += 1;
        if self.bias <= -self.count {
            self.bias = (self.bias + self.count).max(1 - self.count);
            self.correction = (self.correction - 1).max(*CORRECTION.start());
        } else if self.bias > 0 {
            self.bias = (self.bias - self.count).min(0);
            self.correction = (self.correction + 1).min(*CORRECTION.end());
        }
    }
}

/// The parameter of the Golomb code: the least shift by which `count` reaches `errors`. Above 32 the stream
/// is damaged.
fn golomb_of(errors: i64, count: i64) -> Option<u32> {
    (0..=32).find(|shift| count << shift >= errors)
}

/// Samples around one that is decoded: a, b, c and d of T.87 figure 3.
#[derive(Clone, Copy, Default)]
struct Neighbours {
    left: i64,
    above: i64,
    above_left: i64,
    above_right: i64,
}

impl Neighbours {
    fn of(above: &[i32], line: &[i32], x: usize) -> Option<Self> {
        let &[above_left, over, above_right] = above.get(x..x + 3)? else {
            return None;
        };
        Some(Self {
            left: i64::from(*line.get(x)?),
            above: i64::from(over),
            above_left: i64::from(above_left),
            above_right: i64::from(above_right),
        })
    }

    /// The median of left, above and the plane through the three (T.87 section A.4.1).
    fn predicted(self) -> i64 {
        let (low, high) = (self.left.min(self.above), self.left.max(self.above));
        if self.above_left >= high {
            low
        } else if self.above_left <= low {
            high
        } else {
            self.left + self.above - self.above_left
        }
    }
}

/// Samples have 16 bits at most.
fn small(value: i64) -> i32 {
    i32::try_from(value).unwrap_or_default()
}
