import type { Circle } from '../../domain/filter.ts';

/** The mean radius of the earth (IUGG), km. */
const RADIUS_KM = 6371.0088;
const DEGREE = Math.PI / 180;
/** Degrees, about a metre: ranges may hold more than the circle, and rounding must not make them hold less. */
const SLACK = 1e-5;

/** No way of counting takes more; whoever has such longitudes is searched place by place. */
const MOST_TURNS = 4;

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

/**
 * Between which longitudes, in degrees, whichever way they are counted (−180 to 180, 0 to 360 or further): ranges that may overlap, all
 * of them where the circle holds a pole. @param least least longitude of a place. @param greatest the greatest.
 */
export function longitudes(circle: Circle, least: number, greatest: number): readonly Range[] {
  const all: Range = [-Infinity, Infinity];
  const [south, north] = latitudes(circle);
  if (south <= -90 || north >= 90) return [all];
  const reach =
    Math.asin(Math.sin(circle.km / RADIUS_KM) / Math.cos(circle.lat * DEGREE)) / DEGREE + SLACK;
  // Without a pole in it, it reaches less than a quarter round; more is what rounding makes of it.
  if (!(reach < 90)) return [all];
  const [west, east] = [circle.lon - reach, circle.lon + reach];
  const [first, last] = [Math.ceil((least - east) / 360), Math.floor((greatest - west) / 360)];
  if (!(last - first < MOST_TURNS)) return [all];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const turn = (first + i) * 360;
    return [west + turn, east + turn];
  });
}
