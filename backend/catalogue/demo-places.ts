/**
 * Destinations of the demo catalogue: ISO 3166-1 alpha-2 code, continent, what a day costs beside the average,
 * how many trips go there beside the average, the themes the place is known for (best known first), and
 * regions that trips are named for.
 */
export interface DemoPlace {
  readonly country: string;
  readonly continent: string;
  readonly cost: number;
  readonly popularity: number;
  readonly themes: readonly string[];
  readonly regions: readonly string[];
}

type Row = readonly [
  country: string,
  cost: number,
  popularity: number,
  themes: string,
  regions: string,
];

const EUROPE: readonly Row[] = [
  ['AL', 0.6, 0.8, 'hiking beach culture history', 'Albanian Alps, Riviera, Berat'],
  ['AT', 1.2, 1.4, 'snow hiking cycling culture wellness', 'Tyrol, Salzkammergut, Danube Valley'],
  ['BE', 1.1, 0.6, 'city food history cycling', 'Flanders, Ardennes'],
  ['BG', 0.6, 0.6, 'snow hiking beach history', 'Rila, Black Sea Coast, Rhodopes'],
  ['CH', 1.7, 1.3, 'snow hiking photography wellness', 'Bernese Oberland, Engadine, Valais'],
  ['CY', 0.9, 0.6, 'beach history sailing food', 'Troodos, Akamas'],
  ['CZ', 0.8, 0.7, 'city history cycling food', 'Bohemia, Moravia'],
  ['DE', 1.1, 1.2, 'city cycling history hiking', 'Bavaria, Black Forest, Baltic Coast'],
  ['DK', 1.4, 0.5, 'cycling city family food', 'Jutland, Funen'],
  ['EE', 0.9, 0.3, 'city wildlife history', 'Saaremaa, Lahemaa'],
  [
    'ES',
    0.9,
    2.4,
    'food beach hiking culture cycling',
    'Andalusia, Mallorca, Basque Country, Canaries',
  ],
  ['FI', 1.4, 0.7, 'snow wildlife wellness family', 'Lapland, Lakeland'],
  ['FR', 1.2, 2.2, 'food culture cycling snow hiking', 'Provence, Dordogne, Brittany, French Alps'],
  ['GB', 1.3, 1.5, 'hiking history city culture', 'Scottish Highlands, Lake District, Cornwall'],
  ['GR', 0.9, 1.9, 'beach sailing history food hiking', 'Crete, Cyclades, Peloponnese, Zagori'],
  ['HR', 0.9, 1.5, 'sailing beach cycling family', 'Dalmatia, Istria, Plitvice'],
  ['HU', 0.7, 0.6, 'wellness city food', 'Budapest, Lake Balaton'],
  ['IE', 1.2, 0.9, 'hiking culture history', 'Connemara, Kerry, Donegal'],
  [
    'IS',
    1.8,
    1.2,
    'photography adventure hiking wildlife',
    'Westfjords, Golden Circle, Laugavegur',
  ],
  ['IT', 1.1, 2.6, 'food culture history hiking city', 'Tuscany, Dolomites, Sicily, Amalfi Coast'],
  ['LT', 0.7, 0.3, 'city history cycling', 'Vilnius, Curonian Spit'],
  ['LV', 0.7, 0.3, 'city wildlife beach', 'Riga, Gauja'],
  ['ME', 0.7, 0.7, 'hiking sailing beach adventure', 'Durmitor, Bay of Kotor'],
  ['MT', 0.9, 0.5, 'history beach city', 'Gozo, Valletta'],
  ['NL', 1.2, 0.6, 'cycling city family', 'Friesland, Holland, Zeeland'],
  ['NO', 1.6, 1.3, 'photography hiking snow wildlife sailing', 'Lofoten, Western Fjords, Svalbard'],
  ['PL', 0.7, 0.7, 'city history hiking', 'Tatra, Masuria, Kraków'],
  ['PT', 0.8, 1.9, 'food beach hiking cycling culture', 'Algarve, Azores, Alentejo, Madeira'],
  ['RO', 0.6, 0.7, 'history wildlife hiking', 'Transylvania, Maramureș, Danube Delta'],
  ['RS', 0.6, 0.3, 'city culture food', 'Belgrade, Tara'],
  ['SE', 1.4, 0.8, 'wildlife snow sailing family', 'Swedish Lapland, Gotland, Dalarna'],
  ['SI', 0.9, 0.9, 'hiking cycling adventure wellness', 'Julian Alps, Soča Valley'],
  ['SK', 0.7, 0.4, 'hiking snow history', 'High Tatras, Slovak Paradise'],
];

const ASIA: readonly Row[] = [
  ['AE', 1.4, 0.8, 'city beach family', 'Dubai, Abu Dhabi'],
  ['AM', 0.6, 0.4, 'history hiking food', 'Dilijan, Syunik'],
  ['BT', 1.9, 0.3, 'culture hiking wellness', 'Paro, Bumthang'],
  ['CN', 0.8, 1.1, 'history culture city hiking', 'Yunnan, Guilin, Silk Road'],
  ['GE', 0.5, 0.8, 'hiking food history snow', 'Svaneti, Kakheti, Kazbegi'],
  ['ID', 0.6, 1.4, 'beach wellness wildlife adventure', 'Bali, Flores, Sumatra'],
  ['IL', 1.3, 0.3, 'history food city', 'Galilee, Negev'],
  ['IN', 0.5, 1.6, 'culture food wildlife wellness history', 'Rajasthan, Kerala, Ladakh'],
  ['JO', 0.9, 0.8, 'history adventure hiking', 'Petra, Wadi Rum'],
  ['JP', 1.4, 1.9, 'culture food city snow hiking', 'Kansai, Hokkaido, Nakasendo, Kyushu'],
  ['KG', 0.5, 0.3, 'adventure hiking photography', 'Issyk-Kul, Tian Shan'],
  ['KH', 0.5, 0.7, 'history culture cycling', 'Angkor, Mekong'],
  ['KR', 1.1, 0.7, 'city food culture', 'Seoul, Jeju'],
  ['LA', 0.5, 0.5, 'culture adventure cycling', 'Luang Prabang, Bolaven'],
  ['LK', 0.5, 1.0, 'wildlife culture beach wellness', 'Hill Country, South Coast, Yala'],
  ['MN', 0.8, 0.4, 'adventure photography culture', 'Gobi, Khövsgöl'],
  ['MV', 1.8, 0.7, 'beach sailing wellness', 'Baa Atoll, Ari Atoll'],
  ['MY', 0.7, 0.7, 'wildlife beach food city', 'Borneo, Penang'],
  ['NP', 0.4, 1.0, 'hiking adventure culture photography', 'Everest Region, Annapurna, Mustang'],
  ['OM', 1.1, 0.7, 'adventure history photography', 'Hajar Mountains, Wahiba Sands'],
  ['PH', 0.6, 0.7, 'beach sailing adventure', 'Palawan, Visayas'],
  ['SG', 1.5, 0.4, 'city food family', 'Singapore'],
  ['TH', 0.6, 1.7, 'beach food culture family wellness', 'Chiang Mai, Andaman Coast, Isan'],
  ['TR', 0.6, 1.4, 'history sailing beach food', 'Cappadocia, Lycian Coast, Istanbul'],
  ['UZ', 0.6, 0.6, 'history culture city', 'Samarkand, Khiva'],
  ['VN', 0.5, 1.4, 'food culture cycling beach', 'Hoi An, Mekong Delta, Ha Giang'],
];

const AFRICA: readonly Row[] = [
  ['BW', 1.9, 0.6, 'wildlife photography adventure', 'Okavango, Chobe'],
  ['CV', 0.8, 0.6, 'hiking beach culture', 'Santo Antão, Sal'],
  ['EG', 0.6, 1.1, 'history sailing beach', 'Nile Valley, Sinai, Siwa'],
  ['ET', 0.7, 0.4, 'history culture hiking', 'Simien, Lalibela'],
  ['GH', 0.7, 0.3, 'culture history', 'Ashanti, Cape Coast'],
  ['KE', 1.2, 1.0, 'wildlife beach photography family', 'Maasai Mara, Laikipia, Lamu'],
  ['MA', 0.6, 1.5, 'culture hiking adventure food', 'Atlas, Marrakech, Sahara, Essaouira'],
  ['MG', 0.8, 0.5, 'wildlife adventure hiking', 'Andasibe, Isalo'],
  ['MU', 1.1, 0.6, 'beach sailing wellness family', 'Black River, Rodrigues'],
  ['NA', 1.1, 0.9, 'photography wildlife adventure', 'Sossusvlei, Etosha, Damaraland'],
  ['RW', 1.6, 0.4, 'wildlife hiking', 'Volcanoes, Nyungwe'],
  ['SC', 1.6, 0.5, 'beach sailing wellness', 'La Digue, Praslin'],
  ['SN', 0.7, 0.3, 'culture wildlife beach', 'Casamance, Sine-Saloum'],
  ['TN', 0.5, 0.5, 'history beach culture', 'Djerba, Tataouine'],
  ['TZ', 1.3, 1.0, 'wildlife hiking beach', 'Serengeti, Kilimanjaro, Zanzibar'],
  ['UG', 1.0, 0.5, 'wildlife hiking adventure', 'Bwindi, Rwenzori'],
  ['ZA', 0.8, 1.3, 'wildlife food hiking family', 'Cape Winelands, Kruger, Garden Route'],
  ['ZM', 1.5, 0.4, 'wildlife adventure photography', 'South Luangwa, Lower Zambezi'],
];

const NORTH_AMERICA: readonly Row[] = [
  ['BZ', 0.9, 0.4, 'beach adventure wildlife', 'Cayo, Ambergris Caye'],
  ['CA', 1.4, 1.3, 'hiking snow wildlife family', 'Rockies, Vancouver Island, Québec'],
  ['CR', 1.0, 1.2, 'wildlife adventure beach family', 'Osa, Monteverde, Guanacaste'],
  ['CU', 0.8, 0.7, 'culture history cycling beach', 'Havana, Viñales'],
  ['DO', 0.9, 0.5, 'beach family sailing', 'Samaná, Barahona'],
  ['GT', 0.6, 0.5, 'culture history hiking', 'Atitlán, Petén'],
  ['JM', 1.0, 0.4, 'beach food culture', 'Blue Mountains, Portland'],
  ['MX', 0.8, 1.4, 'food culture beach history', 'Oaxaca, Yucatán, Baja'],
  ['NI', 0.6, 0.3, 'adventure beach hiking', 'Ometepe, Corn Islands'],
  ['PA', 0.9, 0.4, 'wildlife sailing adventure', 'San Blas, Boquete'],
  [
    'US',
    1.5,
    1.8,
    'hiking city photography family adventure',
    'Utah Canyons, Hawaii, New England, Alaska',
  ],
];

const SOUTH_AMERICA: readonly Row[] = [
  ['AR', 0.8, 1.1, 'hiking food adventure wildlife', 'Patagonia, Mendoza, Salta'],
  ['BO', 0.5, 0.6, 'adventure photography culture', 'Uyuni, Yungas'],
  ['BR', 0.8, 1.0, 'beach wildlife culture city', 'Amazon, Pantanal, Bahia'],
  ['CL', 1.1, 0.9, 'hiking photography adventure food', 'Torres del Paine, Atacama, Chiloé'],
  ['CO', 0.6, 0.9, 'culture food beach hiking', 'Coffee Region, Caribbean Coast'],
  ['EC', 0.9, 0.9, 'wildlife hiking sailing', 'Galápagos, Avenue of Volcanoes'],
  ['PE', 0.7, 1.3, 'hiking history food culture', 'Sacred Valley, Cordillera Blanca, Arequipa'],
  ['UY', 0.9, 0.3, 'beach food city', 'Colonia, Rocha'],
];

const OCEANIA: readonly Row[] = [
  ['AU', 1.4, 1.3, 'adventure beach wildlife city', 'Tasmania, Red Centre, Great Barrier Reef'],
  ['FJ', 1.2, 0.5, 'beach sailing family', 'Yasawa, Taveuni'],
  ['NZ', 1.3, 1.2, 'hiking adventure snow photography', 'Fiordland, Tongariro, Abel Tasman'],
  ['PF', 1.9, 0.4, 'sailing beach wellness', 'Moorea, Tuamotus'],
  ['WS', 1.1, 0.2, 'beach culture family', 'Savaiʻi, Upolu'],
];

const place =
  (continent: string) =>
  ([country, cost, popularity, themes, regions]: Row): DemoPlace => ({
    country,
    continent,
    cost,
    popularity,
    themes: themes.split(' '),
    regions: regions.split(', '),
  });

export const DEMO_PLACES: readonly DemoPlace[] = [
  ...EUROPE.map(place('Europe')),
  ...ASIA.map(place('Asia')),
  ...AFRICA.map(place('Africa')),
  ...NORTH_AMERICA.map(place('North America')),
  ...SOUTH_AMERICA.map(place('South America')),
  ...OCEANIA.map(place('Oceania')),
];
