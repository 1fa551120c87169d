/** How much room the machine that answers has for readings and images; what people do and alarms have more. */
export type DiskRoom = 'enough' | 'little' | 'full';
