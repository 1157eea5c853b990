import type { Circle } from '../../domain/filter.ts';

/** The mean radius of the earth (IUGG), km. */
const RADIUS_KM = 6371.0088;
const DEGREE = Math.PI / 180;
/** Degrees, about a metre: ranges may hold more than the circle, and rounding must not make them hold less. */
const SLACK = 1e-5;

type Range = readonly [low: number, high: number];

/** Whether a place lies in the circle, by the great-circle distance on a sphere (haversine formula). */
export function isWithin(circle: Circle, lat: number, lon: number): boolean {
  const half = Math.min(circle.km / RADIUS_KM / 2, Math.PI / 2);
  const [dLat, dLon] = [lat - circle.lat, lon - circle.lon].map((degrees) =>
    Math.sin((degrees * DEGREE) / 2),
  );
  const haversine =
    dLat * dLat + Math.cos(circle.lat * DEGREE) * Math.cos(lat * DEGREE) * dLon * dLon;
  const most = Math.sin(half);
  return haversine <= most * most;
}

/** Between which latitudes the circle lies, in degrees. */
export function latitudes({ lat, km }: Circle): Range {
  const reach = km / RADIUS_KM / DEGREE + SLACK;
  return [lat - reach, lat + reach];
}

/** Between which longitudes, in degrees: two ranges where it reaches over the 180th meridian, all where it holds a pole. */
export function longitudes(circle: Circle): readonly Range[] {
  const [south, north] = latitudes(circle);
  if (south <= -90 || north >= 90) return [[-Infinity, Infinity]];
  const reach =
    Math.asin(Math.sin(circle.km / RADIUS_KM) / Math.cos(circle.lat * DEGREE)) / DEGREE + SLACK;
  // Without a pole in it, it reaches less than a quarter round; more is what rounding makes of it.
  if (!(reach < 90)) return [[-Infinity, Infinity]];
  const [west, east] = [circle.lon - reach, circle.lon + reach];
  if (west < -180)
    return [
      [west + 360, Infinity],
      [-Infinity, east],
    ];
  if (east > 180)
    return [
      [west, Infinity],
      [-Infinity, east - 360],
    ];
  return [[west, east]];
}
