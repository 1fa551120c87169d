//! The readings of LIDC-IDRI: what readers outlined, and what another program measured on it.

use std::collections::HashMap;
use std::io::BufReader;

use volume::nodule::Contour;

/// One reading of one nodule by one reader.
pub struct Reading {
    /// Its number.
    pub id: String,
    /// Scan and cluster: readings of the same nodule have the same.
    pub nodule: String,
    /// Diameter by the other program, mm.
    pub diameter_mm: f64,
    /// Volume by the other program, mm³.
    pub volume_mm3: f64,
    /// Thickness of slices, mm.
    pub slice_mm: f64,
    /// How visible the reader found it, 1 to 5, and how solid, 1 to 5.
    pub texture: u32,
    /// Its outlines.
    pub contours: Vec<Contour>,
}

/// All readings whose outlines are there; `None` where the data are not.
pub fn readings() -> Option<Vec<Reading>> {
    let table = std::fs::read_to_string(super::shared("nodules/lidc_annotations.csv")?).unwrap();
    let packed = std::fs::File::open(super::shared("nodules/lidc_contours.csv.xz")?).unwrap();
    let mut contours = Vec::new();
    lzma_rs::xz_decompress(&mut BufReader::new(packed), &mut contours).unwrap();
    let mut outlines = outlines(std::str::from_utf8(&contours).unwrap());
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| names.iter().position(|n| *n == name).unwrap();
    let [id, scan, cluster, diameter, volume, slice, pixel, texture] = [
        "annotation_id",
        "scan_id",
        "nodule_cluster",
        "diameter_mm",
        "volume_mm3",
        "slice_thickness_mm",
        "pixel_spacing_mm",
        "texture",
    ]
    .map(column);
    let mut found = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |i: usize| cells[i].parse::<f64>().unwrap();
        let Some(mut contours) = outlines.remove(cells[id]) else {
            continue;
        };
        for point in contours.iter_mut().flat_map(|c| &mut c.points_mm) {
            *point = point.map(|pixels| pixels * number(pixel));
        }
        found.push(Reading {
            id: cells[id].to_owned(),
            nodule: format!("{}/{}", cells[scan], cells[cluster]),
            diameter_mm: number(diameter),
            volume_mm3: number(volume),
            slice_mm: number(slice),
            texture: cells[texture].parse().unwrap(),
            contours,
        });
    }
    Some(found)
}

/// The outlines of each reading, in pixels.
fn outlines(text: &str) -> HashMap<String, Vec<Contour>> {
    let mut found: HashMap<String, Vec<Contour>> = HashMap::new();
    for line in text.lines().skip(1) {
        let mut cells = line.splitn(4, ',');
        let mut next = || cells.next().unwrap();
        let (id, inclusion, plane, points) = (next(), next(), next(), next());
        let points_mm = points
            .trim_matches('"')
            .split(' ')
            .map(|pair| {
                let (row, column) = pair.split_once(',').unwrap();
                [column, row].map(|pixels| pixels.parse().unwrap())
            })
            .collect();
        found.entry(id.to_owned()).or_default().push(Contour {
            plane_mm: plane.parse().unwrap(),
            points_mm,
            is_hole: inclusion == "0",
        });
    }
    found
}
