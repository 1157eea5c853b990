import { studentQuantile } from './distributions.ts';

const MOST_GROUPS = 20;

/**
 * In how many groups clusters are left out one by one (delete-a-group jackknife; Kott, J. Official Statistics 2001): as many as there
 * are clusters where they are few, since a group without any would count as one that changes nothing. Cluster c is in group c modulo
 * them.
 */
export const jackknifeGroups = (clusters: number): number => Math.min(MOST_GROUPS, clusters);

/**
 * How far a 95 % interval reaches to either side, by Student's t with a degree of freedom less than there are groups.
 * @param squares the sum over groups of the squared difference between the estimate without the group and the whole one.
 * @param groups 2 or more.
 */
export const jackknifeReach = (squares: number, groups: number): number =>
  studentQuantile(0.975, groups - 1) * Math.sqrt(((groups - 1) / groups) * squares);
