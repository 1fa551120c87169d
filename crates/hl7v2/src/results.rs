//! Unsolicited results of devices (ORU^R01), as IHE's device profiles and monitors' gateways send them.

use std::borrow::Cow;

use encoding_rs::GB18030;
use hl7_parser::message::{Field, Message, Segment, Separators};
use vocabulary::Timestamp;

use crate::{
    Header, Refusal,
    acknowledgement::Fault,
    header::{component, unescaped},
    moment::{NoMoment, Offset, moment},
};

/// Who a patient is, as the sender says: PID-3.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    /// The id.
    pub id: String,
    /// Who gave it: the namespace.
    pub authority: String,
    /// Who gave it: an OID, where it is one.
    pub oid: Option<String>,
}

/// A reservation of the device about a value: OBX-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Questionable.
    Questionable,
    /// The device was being calibrated.
    Calibrating,
    /// Test or demonstration data.
    Test,
    /// An early estimate.
    Early,
    /// A person confirmed it.
    Validated,
}

/// A value that was measured. It does not print: it is health data.
#[derive(Clone, PartialEq)]
pub struct Measured {
    /// Which OBX of the message, from 1.
    pub number: usize,
    /// The device that measured it: OBX-18.
    pub device: Option<String>,
    /// What was measured: number and term, by whatever system.
    pub codes: Vec<String>,
    /// The unit, as a code, a name, or both.
    pub units: Vec<String>,
    /// The value.
    pub value: f64,
    /// When.
    pub at: Option<Timestamp>,
    /// What the device has to say about it.
    pub standing: Vec<Standing>,
    /// Whether it stands in the place of what was sent for this time before: OBX-11 is `C`.
    pub corrects: bool,
}

/// An OBX that holds no measured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which OBX of the message, from 1.
    pub number: usize,
    /// Why.
    pub why: &'static str,
}

/// What an ORU^R01 says. It does not print: it is health data.
#[derive(Clone, PartialEq)]
pub struct Results {
    /// Who the patient is; empty where the message names nobody.
    pub patient: Vec<Identifier>,
    /// The values.
    pub measured: Vec<Measured>,
    /// What is not taken.
    pub left_out: Vec<LeftOut>,
}

/// The characters of a message: UTF-8, or GB 18030 where MSH-18 says so.
pub(crate) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    // The name of the characters itself is ASCII, in the first line.
    let first = bytes.split(|byte| *byte == b'\r').next().unwrap_or(bytes);
    let says_so = first.windows(8).any(|found| found == b"GB 18030");
    let unknown = || {
        let text = "read its characters: send UTF-8, or GB 18030 with MSH-18";
        Refusal::new("MSH^1^18", Fault::DataType, text)
    };
    if !says_so {
        return Err(unknown());
    }
    let (text, _, is_broken) = GB18030.decode(bytes);
    if is_broken { Err(unknown()) } else { Ok(text) }
}

impl Results {
    /// Reads a message: its header first, so that also a refusal can be acknowledged.
    pub fn read(
        bytes: &[u8],
        usual: impl FnOnce(&Header) -> Result<Option<Offset>, Refusal>,
    ) -> (Option<Header>, Result<Self, Refusal>) {
        let text = match decoded(bytes) {
            Ok(text) => text,
            Err(refusal) => return (None, Err(refusal)),
        };
        let Ok(message) = Message::parse_with_lenient_newlines(&text, true) else {
            let refusal = Refusal::new("MSH^1", Fault::Sequence, "understand the message");
            return (None, Err(refusal));
        };
        let header = match Header::read(&message) {
            Ok(header) => header,
            Err(refusal) => return (None, Err(refusal)),
        };
        let read = usual(&header).and_then(|usual| {
            header.check()?;
            Self::of(&message, header.offset.or(usual))
        });
        (Some(header), read)
    }

    fn of(message: &Message<'_>, usual: Option<Offset>) -> Result<Self, Refusal> {
        let separators = &message.separators;
        let mut results = Self {
            patient: Vec::new(),
            measured: Vec::new(),
            left_out: Vec::new(),
        };
        let (mut number, mut patients) = (0, 0);
        let mut order: Option<&Segment<'_>> = None;
        for segment in message.segments() {
            match segment.name {
                "PID" => {
                    patients += 1;
                    if patients > 1 {
                        let text = "take results of several patients in one message";
                        return Err(Refusal::new("PID^2", Fault::Sequence, text));
                    }
                    results.patient = identifiers(segment, separators);
                    if results.patient.is_empty() {
                        let text = "find the patient's identifier";
                        return Err(Refusal::new("PID^1^3", Fault::RequiredMissing, text));
                    }
                }
                "OBR" => order = Some(segment),
                "OBX" => {
                    number += 1;
                    if order.is_none() {
                        let text = "find the OBR before the OBX";
                        return Err(Refusal::new(format!("OBX^{number}"), Fault::Sequence, text));
                    }
                    let one = Observation {
                        number,
                        segment,
                        separators,
                    };
                    match one.read(order, usual)? {
                        Ok(measured) => results.measured.push(measured),
                        Err(why) => results.left_out.push(LeftOut { number, why }),
                    }
                }
                _ => {}
            }
        }
        if number == 0 {
            return Err(Refusal::new("OBX^1", Fault::Sequence, "find a result"));
        }
        Ok(results)
    }
}

fn identifiers(pid: &Segment<'_>, separators: &Separators) -> Vec<Identifier> {
    let repeats = pid.field(3).into_iter().flat_map(Field::repeats);
    repeats
        .filter_map(|one| {
            let text = |part: usize, sub: usize| {
                let found = one.component(part).and_then(|part| part.subcomponent(sub));
                let raw = found.map_or("", |found| found.raw_value());
                unescaped(raw, separators)
            };
            let oid = (text(4, 3) == "ISO").then(|| text(4, 2));
            Some(Identifier {
                id: Some(text(1, 1)).filter(|id| !id.is_empty())?,
                authority: text(4, 1),
                oid: oid.filter(|oid| !oid.is_empty()),
            })
        })
        .collect()
}

/// One OBX.
struct Observation<'a> {
    number: usize,
    segment: &'a Segment<'a>,
    separators: &'a Separators,
}

impl Observation<'_> {
    fn text(&self, field: usize, part: usize) -> String {
        component(self.segment.field(field), part, self.separators)
    }

    fn refuse<T>(&self, field: usize, fault: Fault, text: &str) -> Result<T, Refusal> {
        let place = format!("OBX^{}^{field}", self.number);
        Err(Refusal::new(place, fault, text))
    }

    /// The value; or why there is none, which is no fault.
    fn read(
        &self,
        order: Option<&Segment<'_>>,
        usual: Option<Offset>,
    ) -> Result<Result<Measured, &'static str>, Refusal> {
        let status = self.text(11, 1);
        match status.as_str() {
            "F" | "R" | "P" | "C" | "U" | "S" => {}
            "X" | "N" | "I" | "O" => return Ok(Err("the status says that there is no result")),
            "D" | "W" => {
                let text = "take a result back: readings are never removed by a message";
                return self.refuse(11, Fault::NotInTable, text);
            }
            "" => return self.refuse(11, Fault::RequiredMissing, "find the result's status"),
            _ => return self.refuse(11, Fault::NotInTable, "understand the result's status"),
        }
        if !matches!(self.text(2, 1).as_str(), "NM" | "SN") {
            return Ok(Err("it is no number"));
        }
        let standing = match self.standing() {
            Ok(standing) => standing,
            Err(why) => return Ok(Err(why)),
        };
        let Some(value) = self.value()? else {
            return Ok(Err("there is no value"));
        };
        let codes: Vec<String> = [(3, 1), (3, 2), (3, 4), (3, 5)]
            .map(|(field, part)| self.text(field, part))
            .into_iter()
            .filter(|code| !code.is_empty())
            .collect();
        if codes.is_empty() {
            return self.refuse(3, Fault::RequiredMissing, "find what was measured");
        }
        let units: Vec<String> = [(6, 1), (6, 2), (6, 4), (6, 5)]
            .map(|(field, part)| self.text(field, part))
            .into_iter()
            .filter(|unit| !unit.is_empty())
            .collect();
        if units.is_empty() {
            return self.refuse(6, Fault::RequiredMissing, "find the unit");
        }
        let at = self.at(order, usual)?;
        let corrects = status == "C";
        if corrects && at.is_none() {
            return self.refuse(
                14,
                Fault::RequiredMissing,
                "find what is corrected without its time",
            );
        }
        Ok(Ok(Measured {
            number: self.number,
            device: Some(self.text(18, 1)).filter(|device| !device.is_empty()),
            codes,
            units,
            value,
            at,
            standing,
            corrects,
        }))
    }

    /// What the device has to say: OBX-8, which may repeat.
    fn standing(&self) -> Result<Vec<Standing>, &'static str> {
        let mut all = Vec::new();
        let flags = self.segment.field(8).into_iter();
        for flag in flags.flat_map(Field::repeats) {
            let code = flag.component(1).map_or("", |code| code.raw_value());
            all.push(match code {
                "INV" | "NAV" => return Err("the device calls the value invalid"),
                "QUES" => Standing::Questionable,
                "CAL" => Standing::Calibrating,
                "TEST" | "DEMO" => Standing::Test,
                "EARLY" => Standing::Early,
                "VALID" => Standing::Validated,
                // Such as `H` for high: what is high is for the hospital's own rules to say.
                _ => continue,
            });
        }
        Ok(all)
    }

    fn value(&self) -> Result<Option<f64>, Refusal> {
        let field = self.segment.field(5);
        if field.is_some_and(Field::has_repeats) {
            return self.refuse(5, Fault::DataType, "take several values of one result");
        }
        let text = if self.text(2, 1) == "SN" {
            let is_plain = matches!(self.text(5, 1).as_str(), "" | "=")
                && self.text(5, 3).is_empty()
                && self.text(5, 4).is_empty();
            if !is_plain {
                return self.refuse(5, Fault::DataType, "take a result that is no single number");
            }
            self.text(5, 2)
        } else {
            self.text(5, 1)
        };
        if text.is_empty() || text == "\"\"" {
            return Ok(None);
        }
        // A number is digits with a sign and a point: words such as `inf`, and exponents, are none (chapter 2.A.47).
        let is_number = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'));
        match text.parse::<f64>() {
            Ok(value) if is_number && value.is_finite() => Ok(Some(value)),
            _ => self.refuse(5, Fault::DataType, "read the value as a number"),
        }
    }

    /// When it was measured: OBX-14, else OBR-7.
    fn at(
        &self,
        order: Option<&Segment<'_>>,
        usual: Option<Offset>,
    ) -> Result<Option<Timestamp>, Refusal> {
        let own = self.text(14, 1);
        let field = order.and_then(|order| order.field(7));
        let (text, place) = if own.is_empty() {
            let text = component(field, 1, self.separators);
            (text, "OBR^1^7".to_owned())
        } else {
            (own, format!("OBX^{}^14", self.number))
        };
        if text.is_empty() {
            return Ok(None);
        }
        let text = match moment(&text, usual) {
            Ok(at) => return Ok(Some(at)),
            Err(NoMoment::NotUnderstood) => "understand the time",
            Err(NoMoment::Coarse) => "place a time that says less than the minute",
            Err(NoMoment::WithoutOffset) => {
                "place a time without an offset from UTC: send it, or set the sender's `offset`"
            }
        };
        Err(Refusal::new(place, Fault::DataType, text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Answer, acknowledge};

    const HEAD: &str = "MSH|^~\\&|A|B|C|D|20261126080000+0800||ORU^R01^ORU_R01|7|P|2.6\r";

    fn read(rest: &str) -> Result<Results, Refusal> {
        Results::read(format!("{HEAD}{rest}").as_bytes(), |_| Ok(None)).1
    }

    #[test]
    fn a_value_has_its_device_code_unit_and_time() {
        let results = read(
            "PID|||17^^^HIS&1.2.3&ISO^MR~x^^^OTHER\rOBR|1|||m|||20261126075900\r\
             OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||97|%^%^UCUM||QUES~H|||F|||20261126075930||||ox-1\r\
             OBX|2|SN|8867-4^HR^LN||=^71|/min|||||R\r\
             OBX|3|NM|8867-4^HR^LN||72|/min|||||C\r",
        );
        let Ok(results) = results else {
            panic!("refused")
        };
        assert_eq!(results.patient.len(), 2);
        assert_eq!(results.patient[0].oid.as_deref(), Some("1.2.3"));
        let [first, second, third] = &results.measured[..] else {
            panic!("three values")
        };
        let corrects = [first, second, third].map(|one| one.corrects);
        assert_eq!(corrects, [false, false, true]);
        assert_eq!(first.codes, ["150456", "MDC_PULS_OXIM_SAT_O2"]);
        assert_eq!((first.value, first.device.as_deref()), (97.0, Some("ox-1")));
        assert_eq!(first.at, "2026-11-25T23:59:30Z".parse().ok());
        assert_eq!(first.standing, [Standing::Questionable]);
        // Without a time of its own it has that of its order.
        assert_eq!(
            (second.value, second.at),
            (71.0, "2026-11-25T23:59:00Z".parse().ok())
        );
    }

    #[test]
    fn what_is_no_number_is_left_out_and_what_is_wrong_refuses_all() {
        let one = |fields: &str| read(&format!("OBR|1\rOBX|1|{fields}\r"));
        let left = |fields: &str| one(fields).map(|found| found.left_out.len());
        assert_eq!(left("TX|8867-4^HR^LN||fast|/min|||||F"), Ok(1));
        assert_eq!(left("NM|8867-4^HR^LN|||/min|||||X"), Ok(1));
        assert_eq!(left("NM|8867-4^HR^LN||\"\"|/min|||||F"), Ok(1));
        let place = |fields: &str| left(fields).map_err(|refusal| refusal.place);
        assert_eq!(
            place("NM|8867-4^HR^LN||71|/min|||||C"),
            Err("OBX^1^14".to_owned())
        );
        assert_eq!(
            place("NM|8867-4^HR^LN||71||||||F"),
            Err("OBX^1^6".to_owned())
        );
        assert_eq!(
            place("NM|8867-4^HR^LN||inf|/min|||||F"),
            Err("OBX^1^5".to_owned())
        );
        assert_eq!(
            place("NM|8867-4^HR^LN||71~72|/min|||||F"),
            Err("OBX^1^5".to_owned())
        );
        assert_eq!(
            place("SN|8867-4^HR^LN||>^71|/min|||||F"),
            Err("OBX^1^5".to_owned())
        );
        assert_eq!(
            place("NM|8867-4^HR^LN||71|/min|||||W"),
            Err("OBX^1^11".to_owned())
        );
        assert_eq!(
            place("NM|8867-4^HR^LN||71|/min"),
            Err("OBX^1^11".to_owned())
        );
        let two = read("PID|||1^^^A\rPID|||2^^^A\r").map(|found| found.measured.len());
        assert_eq!(
            two.map_err(|refusal| refusal.place),
            Err("PID^2".to_owned())
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_and_no_text_of_others_makes_a_segment(
            rest in "(PID|OBR|OBX|NTE)([|^~&\\\\]|[0-9A-Z]{1,3}|\r(OBX|OBR)){0,40}",
            control in "[ -~]{0,30}",
        ) {
            let head = HEAD.replace("|7|", &format!("|{control}|"));
            let (header, read) = Results::read(format!("{head}{rest}").as_bytes(), |_| Ok(None));
            let faults: Vec<Refusal> = read.err().into_iter().collect();
            let answer = acknowledge(header.as_ref(), Answer::Error, &faults, "1", Timestamp(0));
            prop_assert_eq!(answer.matches('\r').count(), 2 + faults.len());
            prop_assert!(Message::parse(&answer).is_ok(), "{answer:?}");
        }
    }
}
