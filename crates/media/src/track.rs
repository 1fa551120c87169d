//! A recorded voice as a file that every player reads: Ogg Opus (RFC 7845). Packets stay as they were sent.

use std::io::{self, Write};

use ogg::{PacketWriteEndInfo, PacketWriter};

/// Samples in a millisecond: Opus counts 48,000 a second, whatever was sent.
const SAMPLES_PER_MS: i64 = 48;
/// What a decoder needs to run in, in samples; it is not played.
const PRE_SKIP: u16 = 312;
/// One frame of silence of 20 ms, of a single channel, in full band.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
const SILENCE_SAMPLES: i64 = 960;
/// How far the sender's clock may be from the time of arrival before arrival is believed, in samples: 500 ms.
const ASTRAY: i64 = 500 * SAMPLES_PER_MS;
/// Packets of a page: about a second, so that players find their way within a long file.
const PAGE: usize = 50;

/// A packet of a voice, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// When it came, in milliseconds since the recording began.
    pub at_ms: u32,
    /// The sender's own clock, 48,000 a second; it may begin anywhere and wrap round.
    pub clock: u32,
    /// The packet (Opus, RFC 6716).
    pub packet: Vec<u8>,
}

/// The voice of one speaker from a time on, as an Ogg Opus file that begins at that time, packet by packet. Where
/// nothing was sent there is silence, so that the file's time is the recording's.
pub struct Track<W: Write> {
    out: PacketWriter<'static, W>,
    serial: u32,
    from_ms: u32,
    /// Where the last packet was, by the recording's time in samples and by its sender's clock.
    last: Option<(i64, u32)>,
    /// Where the next packet begins, in samples.
    end: i64,
    in_page: usize,
    /// The last packet, which is written when it is known whether another follows.
    held: Option<(Vec<u8>, i64)>,
}

/// A whole track in memory: some seconds of one speaker.
pub fn track(packets: &[Spoken], from_ms: u32, serial: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let written = Track::new(&mut file, from_ms, serial).and_then(|mut track| {
        packets.iter().try_for_each(|packet| track.push(packet))?;
        track.finish()
    });
    debug_assert!(written.is_ok(), "memory takes all that is written");
    file
}

impl<W: Write> Track<W> {
    /// Begins a file; `serial` tells its stream from others.
    ///
    /// # Errors
    /// If `out` takes no bytes.
    pub fn new(out: W, from_ms: u32, serial: u32) -> io::Result<Self> {
        let mut track = Self {
            out: PacketWriter::new(out),
            serial,
            from_ms,
            last: None,
            end: 0,
            in_page: 0,
            held: None,
        };
        track.head()?;
        Ok(track)
    }

    fn head(&mut self) -> io::Result<()> {
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(PRE_SKIP.to_le_bytes());
        head.extend(48_000_u32.to_le_bytes());
        head.extend([0, 0, 0]);
        self.write(head, PacketWriteEndInfo::EndPage, 0)?;
        let vendor = b"yuanyi";
        let mut tags = b"OpusTags".to_vec();
        tags.extend(u32::try_from(vendor.len()).unwrap_or(0).to_le_bytes());
        tags.extend(vendor);
        tags.extend(0_u32.to_le_bytes());
        self.write(tags, PacketWriteEndInfo::EndPage, 0)
    }

    /// Adds the next packet; one that is none, or comes before the file begins, is left out.
    ///
    /// # Errors
    /// If `out` takes no more bytes.
    pub fn push(&mut self, spoken: &Spoken) -> io::Result<()> {
        let Some(samples) = samples_of(&spoken.packet) else {
            return Ok(());
        };
        let since_ms = i64::from(spoken.at_ms) - i64::from(self.from_ms);
        let came = since_ms * SAMPLES_PER_MS + i64::from(PRE_SKIP);
        // Within a stream the sender's clock is exact; arrival trembles.
        let by_clock = self.last.map(|(at, clock)| {
            let passed = spoken.clock.wrapping_sub(clock).cast_signed();
            at + i64::from(passed)
        });
        let at = by_clock
            .filter(|at| (at - came).abs() < ASTRAY)
            .unwrap_or(came);
        self.last = Some((at, spoken.clock));
        if at < 0 {
            return Ok(());
        }
        while at - self.end >= SILENCE_SAMPLES {
            self.packet(SILENCE.to_vec(), SILENCE_SAMPLES)?;
        }
        self.packet(spoken.packet.clone(), samples)
    }

    fn packet(&mut self, packet: Vec<u8>, samples: i64) -> io::Result<()> {
        self.flush(false)?;
        self.end += samples;
        self.held = Some((packet, self.end));
        Ok(())
    }

    fn flush(&mut self, is_last: bool) -> io::Result<()> {
        let Some((packet, end)) = self.held.take() else {
            return Ok(());
        };
        self.in_page += 1;
        let info = if is_last {
            PacketWriteEndInfo::EndStream
        } else if self.in_page >= PAGE {
            self.in_page = 0;
            PacketWriteEndInfo::EndPage
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        self.write(packet, info, u64::try_from(end).unwrap_or(0))
    }

    fn write(&mut self, packet: Vec<u8>, info: PacketWriteEndInfo, end: u64) -> io::Result<()> {
        self.out.write_packet(packet, self.serial, info, end)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If `out` takes no more bytes.
    pub fn finish(mut self) -> io::Result<()> {
        if self.held.is_none() {
            // A file without sound has no end otherwise.
            self.packet(SILENCE.to_vec(), SILENCE_SAMPLES)?;
        }
        self.flush(true)
    }
}

/// How long a packet lasts, in samples, by its first bytes (RFC 6716, section 3.1); `None` where it is none.
fn samples_of(packet: &[u8]) -> Option<i64> {
    let toc = *packet.first()?;
    let config = toc >> 3;
    let frame: i64 = match config {
        0..=11 => [480, 960, 1920, 2880]
            .get(usize::from(config & 3))
            .copied()?,
        12..=15 => [480, 960].get(usize::from(config & 1)).copied()?,
        _ => [120, 240, 480, 960].get(usize::from(config & 3)).copied()?,
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(*packet.get(1)? & 0x3f),
    };
    let samples = frame * count;
    // No packet lasts longer than 120 ms.
    (samples > 0 && samples <= 5760).then_some(samples)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ogg::PacketReader;

    use super::*;

    fn spoken(at_ms: u32, clock: u32, mark: u8) -> Spoken {
        Spoken {
            at_ms,
            clock,
            packet: vec![0x78, mark],
        }
    }

    /// The packets of a file with where each ends on the page's count, in samples, for those that end a page.
    fn packets(file: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
        let mut reader = PacketReader::new(Cursor::new(file));
        let mut found = Vec::new();
        while let Some(packet) = reader.read_packet().unwrap() {
            let is_last = packet.last_in_stream();
            found.push((packet.data.clone(), packet.absgp_page(), is_last));
        }
        found
    }

    #[test]
    fn packets_stay_as_they_were_and_silence_keeps_the_time() {
        // 20 ms each; the third comes 60 ms late, the fifth after two silent seconds and by another clock.
        let voice = [
            spoken(1_000, 4_294_967_000, 1),
            spoken(1_020, 4_294_967_000_u32.wrapping_add(960), 2),
            spoken(1_100, 4_294_967_000_u32.wrapping_add(1920), 3),
            spoken(1_101, 4_294_967_000_u32.wrapping_add(2880), 4),
            spoken(3_080, 77, 5),
        ];
        let found = packets(&track(&voice, 0, 9));
        assert!(found[0].0.starts_with(b"OpusHead") && found[1].0.starts_with(b"OpusTags"));
        let sound = &found[2..];
        let marks: Vec<u8> = sound.iter().map(|(data, ..)| data[1]).collect();
        let at = |mark: u8| marks.iter().position(|one| *one == mark).unwrap();
        assert_eq!(at(1), 50, "a second of silence before the first word");
        assert_eq!(
            (at(2), at(3), at(4)),
            (51, 52, 53),
            "a late packet is not a pause"
        );
        assert_eq!(at(5), 154, "the pause is as long as it was");
        assert_eq!(marks.len(), 155);
        let (_, end, is_last) = sound.last().unwrap();
        assert!(*is_last && *end == 155 * 960, "{end}");
    }

    #[test]
    fn what_is_no_packet_is_left_out() {
        let voice = [Spoken {
            packet: vec![],
            ..spoken(0, 0, 0)
        }];
        assert_eq!(packets(&track(&voice, 0, 1)).len(), 3);
        assert_eq!(samples_of(&[0x7b, 6]), Some(5760));
        assert_eq!(samples_of(&[0x7b, 7]), None);
        assert_eq!(samples_of(&[0x7b]), None);
    }
}
