/** Processor time of this process: what else the computer does takes nothing from the patience. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
