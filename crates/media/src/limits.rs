//! How much is enough. None of these numbers is clinical: they say what one server carries for how many.

use std::{ops::RangeInclusive, time::Duration};

/// The most people of one room who take part by media.
pub const PEOPLE: usize = 64;
/// The most voices that one person hears at once; more are heard by turns, as they speak.
pub const VOICES: usize = 12;
/// The most pictures that one person sees at once: one of all around before screens, these before cameras.
pub const PICTURES: usize = 6;
/// The sources of one person: microphone, camera, screen, and a picture of all around.
pub const SOURCES: usize = 4;
/// The most sections of an offer, those out of use included.
pub const SECTIONS: usize = 24;
/// The most addresses from which one person's datagrams come: some for each of their networks, and for each time
/// that a router gives them another. Who needs more offers again.
pub const ADDRESSES: usize = 16;
/// The longest offer, in bytes.
pub const OFFER_BYTES: usize = 128 * 1024;
/// What one microphone may send, in bytes a second: more than Opus at its best takes.
pub const VOICE_BYTES_PER_S: u64 = 24_000;
/// What one camera may send, in bytes a second.
pub const CAMERA_BYTES_PER_S: u64 = 190_000;
/// What one screen may send, in bytes a second.
pub const SCREEN_BYTES_PER_S: u64 = 380_000;
/// What one picture of all around may send, in bytes a second: of its width a viewer sees a quarter at once.
pub const AROUND_BYTES_PER_S: u64 = 630_000;
/// Sounds at least this loud count as speaking, in decibels below the loudest there is.
pub const SPEAKING_DBOV: i8 = -45;
/// How long after the last such sound somebody still counts as speaking.
pub const SPEAKING_HOLD: Duration = Duration::from_millis(700);
/// How soon a sender may be asked for another whole picture.
pub const KEYFRAME_EVERY: Duration = Duration::from_millis(500);
/// How often it is looked who speaks, who is laid where, and what the line of each carries.
pub const ROUND: Duration = Duration::from_millis(100);
/// How long audio that came out of order waits for what is missing.
pub const REORDER_AUDIO: Duration = Duration::from_millis(80);
/// How long a picture with a hole waits for what is missing, before the next is shown.
pub const REORDER_VIDEO: Duration = Duration::from_millis(300);
/// How long a connection may take to be made.
pub const CONNECT: Duration = Duration::from_secs(30);
/// What a line is taken to carry before it has been measured, in bits a second.
pub const FIRST_ESTIMATE_BPS: u64 = 2_500_000;
/// What is kept free for voices before pictures are sent, in bits a second for each voice.
pub const VOICE_RESERVE_BPS: u64 = 50_000;
/// The narrowest line on which one picture is still tried, in bits a second.
pub const ONE_PICTURE_BPS: u64 = 150_000;
/// How long nothing goes by a line that is taken for too narrow for any picture, before it is measured anew.
pub const MEASURE_AGAIN: Duration = Duration::from_secs(5);
/// What has to be left of a line before a picture is sent large that was sent small, as a share of it in percent:
/// what is measured trembles, and nobody is to see the one and the other by turns.
pub const SPARE_PERCENT: u64 = 15;
/// The longest frame of a client's on its line for poses, in bytes: a pose takes 74.
pub const POSE_BYTES: usize = 96;
/// How many ticks of poses may be under way on a line before the next ones are left out: some more than go by while
/// the answer to the first comes back, at 200 ms there and back.
pub const POSES_UNDER_WAY_TICKS: usize = 6;
/// The least and the most of it, in bytes.
pub const POSES_UNDER_WAY_BYTES: RangeInclusive<usize> = 1_500..=12_000;
/// The longest frame that goes by a line for poses, in bytes: with all that is around it, it fits into one datagram
/// of any network.
pub const POSES_FRAME_BYTES: usize = 1_100;
