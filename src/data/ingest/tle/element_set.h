// One two-line element set: the orbit of a satellite at one moment.
// Source of the format: NORAD two-line element set format, as CelesTrak documents it
// (https://celestrak.org/NORAD/documentation/tle-fmt.php), with Alpha-5 catalogue numbers.

#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::ingest::tle {

// Texts point into the lines, without blanks around.
struct ElementSet {
  std::int64_t epoch_micros = 0;  // microseconds since 1970-01-01T00:00:00Z
  std::string_view norad_id;
  std::string_view classification;            // U, C or S
  std::string_view international_designator;  // launch year, number and piece
  double inclination_deg = 0;
  double raan_deg = 0;  // right ascension of the ascending node
  double eccentricity = 0;
  double arg_perigee_deg = 0;
  double mean_anomaly_deg = 0;
  double mean_motion_rev_day = 0;
  double bstar = 0;             // drag, 1 / earth radii
  double mean_motion_dot = 0;   // first derivative / 2, revolutions / day^2
  double mean_motion_ddot = 0;  // second derivative / 6, revolutions / day^3
  double revolution_number = 0;
};

// Messages count columns from 1, as the description of the format does. What follows column 69 is
// ignored. Years from 57 on are in the 20th century. Fails with kUnprocessable when a line is too
// short, its checksum is wrong, the satellite numbers of the two lines differ, or a value is
// impossible.
Result<ElementSet> ParseElementSet(std::string_view line1, std::string_view line2);

// What follows from the elements, on a sphere of 6371 km with mu = 398600.4418 km^3/s^2.
struct Orbit {
  double semi_major_axis_km = 0;
  double period_min = 0;
  double apogee_km = 0;  // heights above the sphere
  double perigee_km = 0;
  // The first that applies: SUB, the perigee is inside the earth. HEO, eccentricity above 0.25 and
  // apogee above 35,786 km. GEO, mean height of 35,586 to 35,986 km. LEO, apogee below 2,000 km.
  // MEO, perigee from 2,000 km and apogee up to 35,786 km. Everything else is HEO, too.
  std::string_view type;
};
Orbit OrbitOf(const ElementSet& elements);

}  // namespace arc::ingest::tle
